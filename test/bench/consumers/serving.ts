import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { containerEnv } from "../rig/container-env.ts";
import { containerFlags } from "../rig/container-flags.ts";

/** The pool that is followed. */
export const poolKey = "shop/checkout";

/** Where the process that serves is to be found. */
export interface Serving {
  readonly http: string;
  readonly xds: number;
}

const script = (
  name: string,
  args: readonly (string | number)[],
  options: Pick<ForkOptions, "execArgv" | "env"> = {},
): ChildProcess =>
  fork(join(import.meta.dirname, name), args.map(String), { stdio: "inherit", execArgv: [], ...options });

const ended = async (child: ChildProcess): Promise<never> => {
  const [code] = await once(child, "exit");
  throw new Error(`${child.spawnargs.slice(1).join(" ")} ended with ${code}`);
};

/** The process that serves. */
export async function startServing(pods: number): Promise<{ readonly child: ChildProcess; readonly at: Serving }> {
  const child = script("serve.ts", [pods], {
    execArgv: containerFlags(),
    env: { ...process.env, ...containerEnv() },
  });
  const [at] = await Promise.race([once(child, "message"), ended(child)]);
  return { child, at };
}

/** A process of subscribers, once each has had the pool. */
export async function startSubscribers(
  name: string,
  args: readonly (string | number)[],
  subscribers: number,
): Promise<ChildProcess> {
  const child = script(name, args);
  const begun = async (): Promise<void> => {
    while ((await ask(child, "how many")) < subscribers) await sleep(100);
  };
  await Promise.race([begun(), ended(child)]);
  return child;
}

/** What it answers to a word. */
export async function ask(child: ChildProcess, word: unknown): Promise<number> {
  const answered = once(child, "message");
  child.send(word as object);
  return ((await answered) as [number])[0];
}

export async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
