import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, Metadata } from "@grpc/grpc-js";
import type { CallResult, Calls } from "./grpc-client.ts";

const asItIs = (bytes: Buffer): Buffer => bytes;

/** Brings the name of the pod that answered. */
const call = (client: Client): Promise<string> =>
  new Promise((resolve, reject) => {
    let pod = "nobody";
    const deadline = Date.now() + 20_000;
    const empty = Buffer.alloc(0);
    client
      .makeUnaryRequest("/grpc.health.v1.Health/Check", asItIs, asItIs, empty, new Metadata(), { deadline }, (error) =>
        error ? reject(error) : resolve(pod),
      )
      .on("metadata", (headers) => {
        pod = String(headers.get("pod")[0]);
      });
  });

/** One order a line on stdin, one line of what came of it on stdout. */
export async function carryOut(client: Client): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    const { calls = 0, forMs = 0, pauseMs = 0 } = JSON.parse(line) as Calls;
    const answers: Record<string, number> = {};
    const errors: Record<string, number> = {};
    const end = performance.now() + forMs;
    for (let sent = 0; sent < calls || performance.now() < end; sent += 1) {
      try {
        const pod = await call(client);
        answers[pod] = (answers[pod] ?? 0) + 1;
      } catch (error) {
        const said = String(error);
        errors[said] = (errors[said] ?? 0) + 1;
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
    const result: CallResult = { answers, errors };
    console.log(JSON.stringify(result));
  }
}
