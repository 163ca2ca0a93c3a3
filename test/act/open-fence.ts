import { type Asked, Fence, type FenceOptions, type Grant } from "../../src/act/fence.ts";
import type { Problem } from "../../src/decide/world.ts";
import { Gate } from "../../src/kube/gate.ts";

export interface FenceSettings {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly mayWrite?: () => boolean;
  readonly wake?: FenceOptions["wake"];
}

/** What writes go through, as in the operator. */
export function openFence({ now, mayWrite = () => true, wake = () => {} }: FenceSettings): Fence {
  const term = new AbortController().signal;
  return new Fence({
    gate: new Gate({ brisk: 24, slow: 40, slowMs: 1_000, now }),
    now,
    random: () => 1,
    term: () => (mayWrite() ? term : undefined),
    wake,
    onMiss: () => {},
  });
}

/** Leave to write a pool, while it may. */
export function grantOf(fence: Fence, uid = "pool"): Grant {
  const grant = fence.grant({ uid, namespace: "default", name: "web" }, new AbortController().signal);
  if (!grant) throw new Error("this replica does not lead");
  return grant;
}

/** Waits for the attempts that began; brings the first problem. */
export async function ended(asked: readonly Asked[]): Promise<Problem | undefined> {
  await Promise.all(asked.map((one) => one.ended));
  return asked.map(({ problem }) => problem()).find((problem) => problem);
}
