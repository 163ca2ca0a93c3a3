import type { Scheme } from "../../src/api/dial.ts";
import { defaultFetchLimits, Fetcher, type FetchLimits } from "../../src/pods/fetcher.ts";
import { type Cleanups, type FakePod, serveTcp } from "../observe/sampling/fake-pods.ts";
import { patienceMs } from "../tools/control-plane/wait-for.ts";

export const request = { path: "/metrics", accept: "text/plain", timeoutMs: patienceMs };

export const failed = (failure: string) => ({ kind: "failed", failure });

/** The body as text, or the failure. */
export async function fetchText(fetcher: Fetcher, changes: Partial<typeof request> = {}): Promise<unknown> {
  const answer = await fetcher.fetch({ ...request, ...changes });
  return answer.kind === "answered" ? answer.body.toString() : answer;
}

export function fetcherOf(
  { pod }: FakePod,
  cleanups: Cleanups,
  limits: Partial<FetchLimits> = {},
  scheme: Scheme = "HTTP",
): Fetcher {
  const dial = { kind: "dial", address: pod.addresses[0]!, port: pod.ports[0]!.port } as const;
  const fetcher = new Fetcher(dial, { ...defaultFetchLimits, ...limits }, { scheme });
  cleanups.add(() => fetcher.close());
  return fetcher;
}

/** A pod that answers the first bytes that it gets with the text, and leaves the connection open. */
export const answering = (text: string | Buffer): Promise<FakePod> =>
  serveTcp((socket) => {
    socket.once("data", () => socket.write(text));
  });

/** A pod that answers the first bytes that it gets with the text and closes the connection. */
export const closing = (text: string | Buffer): Promise<FakePod> =>
  serveTcp((socket) => {
    socket.once("data", () => socket.end(text));
  });
