import { once } from "node:events";
import { createServer } from "node:net";
import { portsOf } from "../kinds/pod.ts";
import { LoopbackAddresses } from "../loopback-addresses.ts";
import { keyOf, type StoredObject } from "../object/stored-object.ts";
import type { PodRuntime } from "../pod-runtime.ts";
import { environmentOf } from "./environment.ts";
import { LocalPod } from "./local-pod.ts";

/** On a pod: the shell command that runs on this machine as that pod, in place of its image. */
export const commandAnnotation = "evenkeel.io/local-command";

export interface LocalCommandsOptions {
  /** Runs the pods that name no command. */
  readonly others: PodRuntime;
  /** The first address to give to a pod. */
  readonly firstAddress: string;
  /** Where commands start. */
  readonly folder: string;
  /** What a command finds in its environment beside what its pod says, asked when it starts. */
  readonly environment: () => NodeJS.ProcessEnv;
  readonly now?: () => number;
}

/** Rejects where something listens there, or nothing could. */
async function checkFree(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Runs pods with an annotation that says how as commands on this machine, each with an address of its own. */
export function runLocalCommands(options: LocalCommandsOptions): PodRuntime {
  const { others, firstAddress, folder, now = Date.now } = options;
  const addresses = new LoopbackAddresses(firstAddress);
  const running = new Map<string, LocalPod>();

  const freeAddress = (pod: StoredObject): Promise<string> =>
    addresses.take(async (address) => {
      await Promise.all(portsOf(pod).map(({ number }) => checkFree(address, number)));
    });

  return {
    start: async (pod, report) => {
      const command = pod.metadata.annotations?.[commandAnnotation];
      if (command === undefined) return others.start(pod, report);
      if (command.trim() === "") throw new Error(`the annotation ${commandAnnotation} names no command`);
      const address = await freeAddress(pod);
      const environment = { ...options.environment(), ...environmentOf(pod, address) };
      running.set(keyOf(pod), new LocalPod({ pod, address, command, folder, environment, now, report }));
      return { podIP: address };
    },
    stop: async (pod, graceMs) => {
      const key = keyOf(pod);
      const found = running.get(key);
      if (!found) return others.stop(pod, graceMs);
      await found.stop(graceMs);
      if (running.get(key) === found) running.delete(key);
    },
    log: (pod, isPrevious) => running.get(keyOf(pod))?.log(isPrevious) ?? others.log?.(pod, isPrevious),
  };
}
