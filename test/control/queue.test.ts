import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Handled, Queue } from "../../src/control/queue.ts";

interface Work {
  readonly key: string;
  readonly at: number;
  readonly signal: AbortSignal;
  readonly end: (lookAgainInMs?: number) => Promise<void>;
  readonly fail: () => Promise<void>;
}

/** Lets what is due happen, and the promises behind it. */
async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** A queue whose turns the test ends by hand, on a clock that the test moves. */
function open(workers = 2, restMs = 0) {
  const begun: Work[] = [];
  const running = new Set<Work>();
  const turns: Handled[] = [];
  const stopping = new AbortController();
  const queue = new Queue({
    workers,
    restMs,
    backoff: { baseMs: 100, maxMs: 1_000 },
    now: () => performance.now(),
    random: () => 1,
    onHandled: (turn) => turns.push(turn),
    handle: (key, signal) =>
      new Promise((resolve, reject) => {
        const over = (settle: () => void) => {
          running.delete(work);
          settle();
          return pass();
        };
        const work: Work = {
          key,
          at: performance.now(),
          signal,
          end: (lookAgainInMs) => over(() => resolve(lookAgainInMs)),
          fail: () => over(() => reject(new Error(`${key} failed`))),
        };
        begun.push(work);
        running.add(work);
      }),
  });
  const run = () => queue.run(stopping.signal);
  return { queue, begun, running, turns, stopping, run, last: () => begun.at(-1)! };
}

/** The same, at work. */
async function start(workers?: number, restMs?: number) {
  const desk = open(workers, restMs);
  const stopped = desk.run();
  await pass();
  return { ...desk, stopped };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a key", () => {
  test("rests after a turn during which it was asked for again, and then takes all that came in one", async () => {
    const { queue, begun, last } = await start(2, 50);
    queue.add("a");
    await pass();
    queue.add("a");
    await last().end();
    queue.add("a");
    await pass(49);
    expect(begun).toHaveLength(1);
    await pass(1);
    expect(begun).toHaveLength(2);
    await last().end();
    queue.add("a");
    await pass();
    expect(begun).toHaveLength(3);
  });

  test("asked for many times has one turn", async () => {
    const { queue, begun, last } = await start();
    for (let time = 0; time < 100; time += 1) queue.add("a", 10 + (time % 3));
    await pass(1_000);
    await last().end();
    await pass(60_000);
    expect(begun).toHaveLength(1);
  });

  test("asked for during its turn has another one after it, and only one", async () => {
    const { queue, begun, last } = await start();
    queue.add("a");
    await pass();
    for (let time = 0; time < 5; time += 1) queue.add("a");
    await pass(1_000);
    expect(begun).toHaveLength(1);
    await last().end();
    expect(begun).toHaveLength(2);
    await last().end();
    await pass(60_000);
    expect(begun).toHaveLength(2);
  });

  test("has its turn at the earlier of two times, and not again at the later", async () => {
    for (const times of [
      [1_000, 10_000],
      [10_000, 1_000],
    ]) {
      const { queue, begun, last } = await start();
      const before = performance.now();
      for (const time of times) queue.add("a", time);
      await pass(999);
      expect(begun).toHaveLength(0);
      await pass(1);
      expect(last().at - before).toBe(1_000);
      await last().end();
      await pass(60_000);
      expect(begun).toHaveLength(1);
    }
  });

  test("is looked at again when its turn says so, or earlier when something happens", async () => {
    const { queue, begun, last } = await start();
    queue.add("a");
    await pass();
    await last().end(5_000);
    await pass(4_999);
    expect(begun).toHaveLength(1);
    await pass(1);
    expect(begun).toHaveLength(2);
    await last().end(5_000);
    await pass(1_000);
    queue.add("a", 50);
    await pass(50);
    expect(begun).toHaveLength(3);
    queue.add("a", 200);
    await last().end(5_000);
    await pass(200);
    expect(begun).toHaveLength(4);
  });

  test("that came before the queue ran waits for it", async () => {
    const { queue, begun, run } = open();
    queue.add("a");
    queue.add("b", 100);
    await pass(1_000);
    expect(begun).toHaveLength(0);
    void run();
    await pass();
    expect(begun.map(({ key }) => key)).toEqual(["a", "b"]);
  });
});

describe("keys", () => {
  test("have their turns side by side, as many as there are workers, in the order that they came", async () => {
    const { queue, begun, running } = await start(2);
    for (const key of ["a", "b", "c", "d"]) queue.add(key);
    await pass();
    expect(begun.map(({ key }) => key)).toEqual(["a", "b"]);
    expect(queue.depth).toBe(4);
    await begun[1]!.end();
    expect(begun.map(({ key }) => key)).toEqual(["a", "b", "c"]);
    expect([...running].map(({ key }) => key)).toEqual(["a", "c"]);
    expect(queue.depth).toBe(3);
  });

  test("that fail do not keep the others waiting", async () => {
    const { queue, begun } = await start(1);
    queue.add("a");
    queue.add("b");
    await pass();
    await begun[0]!.fail();
    expect(begun.map(({ key }) => key)).toEqual(["a", "b"]);
  });
});

describe("a turn that fails", () => {
  test("is repeated after delays that double up to a bound, and from the start after a success", async () => {
    const { queue, begun, last } = await start();
    queue.add("a");
    await pass();
    for (const delay of [100, 200, 400, 800, 1_000, 1_000]) {
      const count = begun.length;
      await last().fail();
      await pass(delay - 1);
      expect(begun).toHaveLength(count);
      await pass(1);
      expect(begun).toHaveLength(count + 1);
    }
    await last().end(0);
    await pass();
    const count = begun.length;
    await last().fail();
    await pass(99);
    expect(begun).toHaveLength(count);
    await pass(1);
    expect(begun).toHaveLength(count + 1);
  });

  test("is not repeated sooner because something happens, during it or after it", async () => {
    const { queue, begun, last } = await start();
    queue.add("a");
    await pass();
    queue.add("a");
    await last().fail();
    for (let time = 0; time < 9; time += 1) {
      queue.add("a");
      await pass(10);
    }
    expect(begun).toHaveLength(1);
    await pass(10);
    expect(begun).toHaveLength(2);
    await last().end();
    await pass(60_000);
    expect(begun).toHaveLength(2);
  });
});

test("turns are told of, with how long they waited and took", async () => {
  const { queue, begun, turns } = await start(1);
  queue.add("a");
  queue.add("b");
  await pass(30);
  await begun[0]!.end();
  await pass(20);
  await begun[1]!.fail();
  expect(turns).toEqual([
    { key: "a", outcome: "done", waitedMs: 0, tookMs: 30 },
    { key: "b", outcome: "failed", waitedMs: 30, tookMs: 20, error: new Error("b failed") },
  ]);
});

describe("stopping", () => {
  test("waits for the turns at work, tells them, and begins none", async () => {
    const { queue, begun, stopping, stopped } = await start(1);
    let isOver = false;
    void stopped.then(() => {
      isOver = true;
    });
    for (const key of ["a", "b"]) queue.add(key);
    queue.add("c", 1_000);
    await pass();
    queue.add("a");
    stopping.abort();
    await pass(5_000);
    expect(isOver).toBe(false);
    expect(begun.map(({ key, signal }) => [key, signal.aborted])).toEqual([["a", true]]);
    await begun[0]!.end(10);
    await pass(60_000);
    expect(isOver).toBe(true);
    expect(begun).toHaveLength(1);
  });

  test("leaves no timer behind, not even of a turn that fails because of it", async () => {
    const { queue, begun, turns, stopping, stopped } = await start();
    queue.add("a");
    queue.add("b", 60_000);
    await pass();
    stopping.abort();
    await begun[0]!.fail();
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
    expect(turns).toEqual([]);
  });

  test("before it ran ends at once", async () => {
    const { queue, begun, stopping, run } = open();
    queue.add("a");
    stopping.abort();
    await run();
    expect(begun).toEqual([]);
  });
});

type Step =
  | { readonly kind: "add"; readonly key: string; readonly withinMs: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "end"; readonly index: number; readonly how: "done" | "again" | "failed" };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("add" as const),
    key: fc.constantFrom("a", "b", "c", "d"),
    withinMs: fc.constantFrom(0, 0, 50, 300),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(200) }),
  fc.record({
    kind: fc.constant("end" as const),
    index: fc.nat(3),
    how: fc.constantFrom("done" as const, "again" as const, "failed" as const),
  }),
);

test("what is due in more than a timer can wait is due then, and neither at once nor never", async () => {
  const day = 86_400_000;
  const { queue, begun, last } = await start();
  queue.add("a", 60 * day);
  await pass(1_000);
  expect(begun).toEqual([]);
  await pass(60 * day - 1_001);
  expect(begun).toEqual([]);
  await pass(1);
  expect(begun.map(({ at }) => at)).toEqual([60 * day]);
  await last().end(999_999 * 3_600_000);
  await pass(100 * day);
  expect(begun).toHaveLength(1);
  queue.add("a");
  await pass();
  expect(begun).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});

describe("whatever happens in whatever order", () => {
  test("a key has one turn at a time, workers are not exceeded, and no wake-up is lost", async () => {
    const everything = fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
      const { queue, begun, running, stopping, stopped } = await start(2);
      const asked: { readonly key: string; readonly begunBefore: number }[] = [];
      for (const step of steps) {
        if (step.kind === "add") {
          asked.push({ key: step.key, begunBefore: begun.length });
          queue.add(step.key, step.withinMs);
        } else if (step.kind === "end") {
          const work = [...running][step.index];
          if (step.how === "failed") await work?.fail();
          else await work?.end(step.how === "again" ? 100 : undefined);
        }
        await pass(step.kind === "pass" ? step.ms : 0);
        const keys = [...running].map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.length).toBeLessThanOrEqual(2);
      }
      for (let round = 0; round < 10; round += 1) {
        await pass(1_000);
        for (const work of [...running]) await work.end();
      }
      expect(queue.depth).toBe(0);
      for (const { key, begunBefore } of asked)
        expect(begun.slice(begunBefore).some((work) => work.key === key)).toBe(true);
      stopping.abort();
      await stopped;
      expect(vi.getTimerCount()).toBe(0);
    });
    await fc.assert(everything, { numRuns: 100 });
  });
});
