import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Patience } from "../../../../src/lab/cli/demo/patience.ts";
import { waitFor } from "../../../tools/control-plane/wait-for.ts";

const never = new AbortController().signal;

test("patience is over after its time, and not after what the process slept through", async () => {
  using short = new Patience(100, never);
  using long = new Patience(1_000, never);
  // Asleep for longer than both, and awake for a turn or two.
  const wakesAt = performance.now() + 1_100;
  while (performance.now() < wakesAt);
  await turn();
  expect([short.signal.aborted, long.signal.aborted]).toEqual([false, false]);
  await waitFor(() => short.signal.aborted, "the short one to be over", { intervalMs: 5 });
  await waitFor(() => long.signal.aborted, "the long one to be over");
});

test("patience is over when the signal aborts, and no more once it is disposed of", async () => {
  const aborted = new AbortController();
  const patience = new Patience(60_000, aborted.signal);
  const spared = new Patience(20, never);
  spared[Symbol.dispose]();
  using other = new Patience(50, never);
  await waitFor(() => other.signal.aborted, "another one to be over");
  expect([patience.signal.aborted, spared.signal.aborted]).toEqual([false, false]);
  aborted.abort();
  expect(patience.signal.aborted).toBe(true);
  patience[Symbol.dispose]();
});
