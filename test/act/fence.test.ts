import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AttemptResult, Missed } from "../../src/act/attempts.ts";
import { type Asked, Fence } from "../../src/act/fence.ts";
import type { Part } from "../../src/act/manners.ts";
import { ApiError } from "../../src/kube/api-error.ts";
import { Gate } from "../../src/kube/gate.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const now = () => performance.now();
const pool = { uid: "u", namespace: "shop", name: "web" };
const refusal: AttemptResult = { kind: "refused", message: "no" };
const broken = (status: number, retryAfterMs?: number) =>
  new ApiError({ status, reason: "X", message: "broken", retryAfterMs });

const nothing: Asked = { problem: () => undefined };

/** Attempts whose outcome the test gives, by object. */
function open() {
  const outcomes = new Map<string, AttemptResult | Error | "hang">();
  const begun: { readonly object: string; readonly at: number }[] = [];
  const woken: number[] = [];
  const missed: { readonly message: string; readonly isNews: boolean }[] = [];
  let term = new AbortController();
  let leads = true;
  let held: Promise<void> | undefined;
  const fence = new Fence({
    gate: new Gate({ brisk: 24, slow: 40, slowMs: 1_000, now }),
    now,
    random: () => 1,
    term: () => (leads ? term.signal : undefined),
    wake: () => woken.push(now()),
    onMiss: (_, __, { message }: Missed, isNews) => missed.push({ message, isNews }),
  });
  const stopping = new AbortController();
  const ask = async (object: string, content = "", part: Part = "slices") => {
    const asked = fence.grant(pool, stopping.signal)?.write(part, {
      object,
      content,
      run: async (signal) => {
        begun.push({ object, at: now() });
        await held;
        const outcome = outcomes.get(object) ?? { kind: "done" };
        if (outcome === "hang")
          return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
    });
    await vi.advanceTimersByTimeAsync(0);
    return asked ?? nothing;
  };
  /** Asks every so often, as passes do, until a time. */
  const askUntil = async (ms: number, object: string, part: Part) => {
    while (now() < ms) {
      await ask(object, "", part);
      await vi.advanceTimersByTimeAsync(50);
    }
  };
  const lose = () => {
    term.abort();
    leads = false;
  };
  const lead = () => {
    term = new AbortController();
    leads = true;
  };
  /** Lets every write take until the function is called that this returns. */
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  };
  return { hold, fence, outcomes, begun, woken, missed, stopping, ask, askUntil, lose, lead };
}

describe("an attempt", () => {
  test("is made once at a time for an object, and what was asked for meanwhile wakes the pool after it", async () => {
    const { outcomes, begun, woken, stopping, ask } = open();
    outcomes.set("a", "hang");
    await ask("a");
    expect((await ask("a")).ended).toBeUndefined();
    await ask("b");
    expect(begun.map(({ object }) => object)).toEqual(["a", "b"]);
    expect(woken).toEqual([]);
    stopping.abort();
    await vi.advanceTimersByTimeAsync(0);
    // Whoever stops wakes nobody.
    expect(woken).toEqual([]);
  });

  test("that is refused rests ever longer, up to a bound, and says why at once", async () => {
    const { outcomes, begun, askUntil, ask, woken } = open();
    outcomes.set("web", refusal);
    const { problem } = await ask("web", "", "scale");
    expect(problem()).toEqual({ reason: "ScaleRefused", message: "The API server refuses the new scale: no." });
    expect(woken).toHaveLength(1);
    await askUntil(1_200_000, "web", "scale");
    const gaps = begun.map(({ at }, index) => Math.round((at - (begun[index - 1]?.at ?? 0)) / 1_000));
    expect(gaps).toEqual([0, 30, 60, 120, 240, 300, 300]);
    // The same again is no news.
    expect(woken).toHaveLength(1);
  });

  test("that fails is repeated soon, and told of when it goes on", async () => {
    const { outcomes, begun, missed, askUntil, ask } = open();
    outcomes.set("a", broken(503));
    const { problem } = await ask("a");
    expect(problem()).toBeUndefined();
    await askUntil(2_000, "a", "slices");
    expect(problem()).toBeUndefined();
    await askUntil(60_000, "a", "slices");
    expect(problem()).toEqual({ reason: "PublishFailed", message: "The endpoint slices cannot be written: broken." });
    const gaps = begun.map(({ at }, index) => at - (begun[index - 1]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_050);
    expect(begun.length).toBeLessThan(20);
    expect(missed.map(({ isNews }) => isNews).filter(Boolean)).toHaveLength(1);
    outcomes.delete("a");
    await vi.advanceTimersByTimeAsync(5_000);
    await ask("a");
    expect((await ask("a")).problem()).toBeUndefined();
  });

  test("that the API server asks to repeat later is repeated then", async () => {
    const { outcomes, begun, askUntil } = open();
    outcomes.set("a", broken(429, 20_000));
    await askUntil(19_900, "a", "slices");
    expect(begun).toHaveLength(1);
    await askUntil(20_100, "a", "slices");
    expect(begun).toHaveLength(2);
  });

  test("that the API server asks to leave alone for a day is repeated after half a minute", async () => {
    const { outcomes, begun, askUntil } = open();
    outcomes.set("a", broken(429, 86_400_000));
    await askUntil(30_100, "a", "slices");
    expect(begun).toHaveLength(2);
  });

  test.each([400, 405, 413, 415])("answered with %i is refused", async (status) => {
    const { outcomes, ask } = open();
    outcomes.set("a", broken(status));
    expect((await ask("a")).problem()?.reason).toBe("PublishRefused");
  });

  test("that another write overtakes is nobody's concern, until it is each time", async () => {
    const { outcomes, begun, ask, askUntil } = open();
    outcomes.set("a", { kind: "overtaken", message: "it is not what was expected" });
    await askUntil(5_000, "a", "slices");
    expect((await ask("a")).problem()).toBeUndefined();
    expect(begun.length).toBeLessThan(8);
    await askUntil(60_000, "a", "slices");
    expect((await ask("a")).problem()?.message).toContain("it is not what was expected");
    expect(begun.length).toBeLessThan(20);
  });

  test("at something else need not wait out the rest, but a while", async () => {
    const { outcomes, begun, ask } = open();
    outcomes.set("a", refusal);
    await ask("a", "one");
    expect((await ask("a", "two")).inMs).toBe(500);
    await vi.advanceTimersByTimeAsync(500);
    await ask("a", "one");
    expect(begun).toHaveLength(1);
    await ask("a", "two");
    expect(begun).toHaveLength(2);
  });

  test("rests alone: other objects, other parts and other pools do not", async () => {
    const { outcomes, begun, ask } = open();
    outcomes.set("a", refusal);
    await ask("a");
    await ask("b");
    await ask("a", "", "service");
    expect(begun.map(({ object }) => object)).toEqual(["a", "b", "a"]);
  });
});

describe("without the lease", () => {
  test("nothing is tried, and what was under way ends without a word", async () => {
    const { outcomes, begun, missed, fence, ask, lose } = open();
    outcomes.set("a", "hang");
    await ask("a");
    lose();
    await fence.ended();
    await ask("b");
    expect(begun.map(({ object }) => object)).toEqual(["a"]);
    expect(missed).toEqual([]);
  });

  test("what was refused before it was lost is tried anew when it is back", async () => {
    const { outcomes, begun, ask, lose, lead } = open();
    outcomes.set("a", refusal);
    await ask("a");
    lose();
    lead();
    const { problem } = await ask("b");
    expect(problem()).toBeUndefined();
    await ask("a");
    expect(begun).toHaveLength(3);
  });
});

describe("a pool that is gone", () => {
  test("is not written any more, be it that a write waits its turn, and wakes nobody", async () => {
    const { fence, begun, woken, ask, hold } = open();
    const release = hold();
    for (let index = 0; index < 64; index += 1) await ask(`a-${index}`);
    const admitted = begun.length;
    expect(admitted).toBeLessThan(64);
    fence.forget(pool);
    release();
    await fence.ended();
    expect(begun).toHaveLength(admitted);
    expect(woken).toEqual([]);
  });

  test("leaves no rest to the one that has its name next", async () => {
    const { fence, outcomes, begun, ask } = open();
    outcomes.set("a", refusal);
    await ask("a");
    expect((await ask("a")).inMs).toBeGreaterThan(0);
    fence.forget(pool);
    expect(fence.refused(pool, "slices")).toBeUndefined();
    await ask("a");
    expect(begun).toHaveLength(2);
  });
});
