import { parentPort } from "node:worker_threads";
import { type ConnectionJob, runJob } from "./jobs.ts";

parentPort!.on("message", (job: ConnectionJob) => parentPort!.postMessage(runJob(job)));
