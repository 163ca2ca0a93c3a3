import { type Ask, type Asked, Attempts, type Part } from "../../src/act/attempts.ts";
import { manners } from "../../src/act/manners.ts";
import type { Problem } from "../../src/decide/world.ts";
import { Gate } from "../../src/kube/gate.ts";

export interface AskingOptions {
  readonly part: Part;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly mayWrite?: () => boolean;
}

/** What asks for writes of one pool, as the operator does. */
export function asking({ part, now, mayWrite = () => true }: AskingOptions): Ask {
  const term = new AbortController().signal;
  const attempts = new Attempts({
    gate: new Gate({ brisk: 24, slow: 40, slowMs: 1_000, now }),
    now,
    random: () => 1,
    mayWrite,
    term: () => term,
    wake: () => {},
    onMiss: () => {},
  });
  return attempts.asking(
    { uid: "pool", namespace: "default", name: "web" },
    manners[part],
    new AbortController().signal,
  );
}

/** Waits for the attempts that began; brings the first problem. */
export async function ended(asked: readonly Asked[]): Promise<Problem | undefined> {
  await Promise.all(asked.map((one) => one.ended));
  return asked.map(({ problem }) => problem()).find((problem) => problem);
}
