import { setTimeout as sleep } from "node:timers/promises";
import type { StoredObject } from "../object/stored-object.ts";
import type { EndedRun, PodRuntime, ProgramRun } from "../pod-runtime.ts";
import { ContainerLog } from "./container-log.ts";
import { watchReadiness } from "./readiness.ts";
import { type RunningCommand, runCommand } from "./run-command.ts";

export interface LocalPodOptions {
  readonly pod: StoredObject;
  readonly address: string;
  readonly command: string;
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly report: Parameters<PodRuntime["start"]>[1];
}

const firstRestMs = 1_000;
const longestRestMs = 30_000;
/** Who ran for so long is not failing at once, and rests anew from the first. */
const steadyMs = 10_000;
/** Even a deletion without grace asks first, as the kubelet's does. */
const leastGraceMs = 2_000;

/** A command that runs as a pod: started again whenever it ends, with rests that grow. */
export class LocalPod {
  readonly #options: LocalPodOptions;
  readonly #stopping = new AbortController();
  readonly #over: Promise<void>;
  #running: RunningCommand | undefined;
  #logs: readonly [ContainerLog, ContainerLog?];
  #restarts = 0;
  #ended: EndedRun | undefined;

  constructor(options: LocalPodOptions) {
    this.#options = options;
    this.#logs = [new ContainerLog(options.now)];
    this.#over = this.#live();
  }

  log(isPrevious: boolean): ContainerLog | undefined {
    return this.#logs[isPrevious ? 1 : 0];
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#running?.stop(Math.max(graceMs, leastGraceMs));
    await this.#over;
  }

  async #live(): Promise<void> {
    const { signal } = this.#stopping;
    const { now } = this.#options;
    for (let restMs = firstRestMs; ; restMs = Math.min(2 * restMs, longestRestMs)) {
      const startedAt = now();
      const { exitCode, signal: killedBy } = await this.#run(startedAt);
      if (signal.aborted) return;
      const finishedAt = now();
      this.#ended = { exitCode, signal: killedBy, startedAt, finishedAt };
      if (finishedAt - startedAt >= steadyMs) restMs = firstRestMs;
      this.#tell(false, startedAt, `back-off ${restMs / 1_000}s restarting failed container`);
      await sleep(restMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#restarts += 1;
      this.#logs = [new ContainerLog(now), this.#logs[0]];
    }
  }

  async #run(startedAt: number) {
    const { pod, address, command, folder, environment } = this.#options;
    const [log] = this.#logs;
    this.#running = runCommand({ command, folder, environment, onOutput: (text) => log.append(text) });
    this.#tell(false, startedAt);
    const running = new AbortController();
    void watchReadiness(pod, address, running.signal, (isReady) => this.#tell(isReady, startedAt));
    const ending = await this.#running.ended;
    running.abort();
    log.close();
    return ending;
  }

  #tell(isReady: boolean, startedAt: number, waiting?: string): void {
    const program: ProgramRun = { restarts: this.#restarts, startedAt, waiting, ended: this.#ended };
    this.#options.report(isReady, program);
  }
}
