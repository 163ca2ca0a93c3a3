/** Longest that work goes on without a breath, in milliseconds. */
const usualSliceMs = 5;

/** Called wherever work may rest. Brings what is to be awaited before it goes on, if it is time to. */
export type Breathe = () => Promise<void> | undefined;

/**
 * Lets long work be done in slices, so that whatever else came meanwhile has its turn: requests, probes, the lease. Works
 * that share a breath take turns, in each turn of the event loop as many as fit into a slice: many short ones together
 * hold it no longer than a long one.
 */
export function createBreathe(sliceMs = usualSliceMs): Breathe {
  const waiting: (() => void)[] = [];
  let begunAt = Number.NEGATIVE_INFINITY;
  let isArmed = false;
  const isOver = (): boolean => performance.now() - begunAt >= sliceMs;

  function arm(): void {
    if (isArmed || waiting.length === 0) return;
    isArmed = true;
    setImmediate(begin);
  }

  function begin(): void {
    isArmed = false;
    begunAt = performance.now();
    goOn();
  }

  function goOn(): void {
    if (!isOver()) waiting.shift()?.();
    // By then whoever goes on has done what it does at once.
    if (isOver()) arm();
    else if (waiting.length > 0) queueMicrotask(goOn);
  }

  return () => {
    if (waiting.length === 0 && !isOver()) return undefined;
    return new Promise((resolve) => {
      waiting.push(resolve);
      arm();
    });
  };
}

/** Takes one step after the other, with breath between. */
export async function inSlices<T>(steps: Generator<unknown, T>, breathe: Breathe): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const rest = breathe();
    if (rest) await rest;
  }
}
