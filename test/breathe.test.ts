import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createBreathe, inSlices } from "../src/breathe.ts";

const spend = (ms: number): void => {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
};

/** Counts the turns of the event loop until the work is done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  void work.finally(() => {
    isDone = true;
  });
  let turns = 0;
  for (; !isDone; turns += 1) await nextTurn();
  return turns;
}

function* steps(count: number, ms: number) {
  for (let step = 0; step < count; step += 1) {
    spend(ms);
    yield;
  }
  return "done";
}

test("long work lets the event loop go round, a slice at a time, and brings its result", async () => {
  const work = inSlices(steps(40, 1), createBreathe(4));
  expect(await turnsOf(work)).toBeGreaterThanOrEqual(8);
  expect(await work).toBe("done");
});

test("short work is done in one go", async () => {
  const breathe = createBreathe(60_000);
  await breathe();
  let isDone = false;
  void inSlices(steps(40, 0), breathe).then(() => {
    isDone = true;
  });
  await nextTurn();
  expect(isDone).toBe(true);
});

test("works that share a breath take turns: many that begin together hold the loop no longer than one", async () => {
  const breathe = createBreathe(4);
  const order: string[] = [];
  const work = async (name: string) => {
    for (const part of [1, 2]) {
      await breathe();
      spend(5);
      order.push(`${name}${part}`);
    }
  };
  const all = Promise.all(["a", "b", "c", "d"].map(work));
  expect(await turnsOf(all)).toBeGreaterThanOrEqual(8);
  expect(order).toEqual(["a1", "b1", "c1", "d1", "a2", "b2", "c2", "d2"]);
});
