import { defined } from "../api/defined.ts";
import type { Finding } from "../decide/samples/findings.ts";
import type { Pod, SampleFailure } from "../decide/world.ts";
import { type DialPolicy, findDial } from "./dial.ts";
import { defaultFetchLimits, Fetcher } from "./fetcher.ts";

/** Something that a pod is asked to do. */
export interface Errand {
  /** Name or number of a port that the pod declares. */
  readonly port: string;
  /** With its query. */
  readonly path: string;
  /** From the first attempt to connect to the end of the answer. */
  readonly timeoutMs: number;
}

/** What came of it; of what the pod answered there is nothing in it but its status. */
export type Answered =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly failure: SampleFailure; readonly finding?: Finding };

/** Nobody reads what such an answer says. */
const limits = { ...defaultFetchLimits, maxBodyBytes: 16_384, maxChunks: 1_024 };

/** Asks a pod once, by a POST over a connection of its own. Never rejects; an abort cuts it. */
export async function askPod(
  pod: Pod,
  { port, path, timeoutMs }: Errand,
  policy: DialPolicy,
  signal: AbortSignal,
): Promise<Answered> {
  const dial = findDial(pod, port, policy);
  if (dial.kind === "failed") return dial;
  const fetcher = new Fetcher(dial, limits);
  const cut = (): void => void fetcher.close();
  signal.addEventListener("abort", cut, { once: true });
  try {
    if (signal.aborted) return { kind: "failed", failure: "ConnectionCut" };
    let finding: Finding | undefined;
    const answer = await fetcher.fetch({ method: "POST", path, accept: "*/*", timeoutMs }, (found) => {
      finding = found;
    });
    if (answer.kind === "answered") return { kind: "done" };
    return { kind: "failed", failure: answer.failure, ...defined({ finding }) };
  } finally {
    signal.removeEventListener("abort", cut);
    await fetcher.close();
  }
}
