import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pulse } from "../../../src/observe/sampling/pulse.ts";

/** A clock that moves from timer to timer. Timers go by its running time, which a change of the clock does not touch. */
function createClock(random: () => number) {
  let time = 1_000_000;
  let offset = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => time + offset,
    running: () => time,
    random,
    setTimer: (callback: () => void, delayMs: number) => {
      const timer = { at: time + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass: (ms: number) => {
      time += ms;
    },
    jump: (ms: number) => {
      offset += ms;
    },
    pending: () => timers.length,
    /** Runs the next timer, late by `lateMs`, and what follows from it. */
    async step(lateMs = 0): Promise<void> {
      const next = timers.toSorted((a, b) => a.at - b.at)[0];
      if (!next) return;
      timers = timers.filter((other) => other !== next);
      time = Math.max(time, next.at + lateMs);
      next.callback();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const randomOf = (values: readonly number[]) => {
  let index = 0;
  return () => values[index++ % values.length]!;
};

const randoms = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 7 });

test("beats at once or within a second, and then at least once per interval but hardly more often", () =>
  fc.assert(
    fc.asyncProperty(randoms, fc.integer({ min: 200, max: 60_000 }), async (values, intervalMs) => {
      const clock = createClock(randomOf(values));
      const beats: number[] = [clock.now()];
      const pulse = new Pulse(clock, intervalMs, async () => void beats.push(clock.now()));
      for (let step = 0; step < 10; step++) await clock.step();
      expect(beats[1]! - beats[0]!).toBeLessThanOrEqual(Math.min(intervalMs, 1_000));
      for (let index = 2; index < beats.length; index++) {
        const period = beats[index]! - beats[index - 1]!;
        expect(period).toBeLessThanOrEqual(intervalMs + 1e-6);
        expect(period).toBeGreaterThanOrEqual(0.92 * intervalMs - 1e-6);
      }
      pulse.stop();
      expect(clock.pending()).toBe(0);
    }),
    { numRuns: 50 },
  ));

test("a beat that throws is told of, and followed by the next", async () => {
  const errors: unknown[] = [];
  const clock = { ...createClock(() => 0.5), onError: (error: unknown) => errors.push(error) };
  let beats = 0;
  const pulse = new Pulse(clock, 1_000, async () => {
    beats++;
    if (beats % 2 === 1) throw new Error(`beat ${beats}`);
  });
  for (let step = 0; step < 4; step++) await clock.step();
  expect(beats).toBe(4);
  expect(errors).toEqual([new Error("beat 1"), new Error("beat 3")]);
  pulse.stop();
});

test("a pulse that is hurried beats at once, or once more where it beats already, and then goes on as before", async () => {
  const clock = createClock(() => 0.5);
  const beats: number[] = [];
  let end: () => void = () => {};
  const pulse = new Pulse(clock, 1_000, () => {
    beats.push(clock.now());
    return new Promise((resolve) => {
      end = resolve;
    });
  });
  const done = async () => {
    end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  await clock.step();
  await done();
  clock.pass(100);
  pulse.hurry();
  await clock.step();
  expect(beats[1]! - beats[0]!).toBe(100);
  pulse.hurry();
  pulse.hurry();
  expect(clock.pending()).toBe(0);
  clock.pass(30);
  await done();
  await clock.step();
  expect(beats[2]! - beats[1]!).toBe(30);
  await done();
  await clock.step();
  expect(beats[3]! - beats[2]!).toBeCloseTo(960, 0);
  await done();
  pulse.stop();
  pulse.hurry();
  expect(clock.pending()).toBe(0);
});

describe("a pulse that is hurried to a time", () => {
  const start = async () => {
    const clock = createClock(() => 0.5);
    const beats: number[] = [];
    const pulse = new Pulse(clock, 1_000, async () => void beats.push(clock.now()));
    await clock.step();
    /** After a time, and from the first beat on. */
    const hurry = (passMs: number, inMs: number) => {
      clock.pass(passMs);
      pulse.hurry(inMs);
    };
    const run = async (steps: number) => {
      for (let step = 0; step < steps; step += 1) await clock.step();
      return beats.map((at) => Math.round(at - beats[0]!));
    };
    return { pulse, clock, hurry, run };
  };

  test("beats then instead of later, and once per interval from there", async () => {
    const { hurry, run } = await start();
    hurry(100, 250);
    expect(await run(3)).toEqual([0, 350, 1_310, 2_270]);
  });

  test("beats then besides what is due before, which comes at once", async () => {
    const { hurry, run } = await start();
    hurry(900, 250);
    expect(await run(3)).toEqual([0, 900, 1_150, 2_110]);
  });

  test("goes by the earliest time that it was told", async () => {
    const { hurry, run } = await start();
    hurry(900, 250);
    hurry(0, 200);
    hurry(0, 300);
    expect(await run(3)).toEqual([0, 900, 1_100, 2_060]);
  });

  test("beats no more once it is stopped", async () => {
    const { pulse, clock, hurry } = await start();
    pulse.stop();
    hurry(100, 250);
    expect(clock.pending()).toBe(0);
  });
});

test("timers that fire late do not add up", async () => {
  const clock = createClock(() => 0.5);
  const beats: number[] = [];
  const pulse = new Pulse(clock, 1_000, async () => void beats.push(clock.now()));
  for (let step = 0; step < 50; step++) await clock.step(10);
  expect(beats.at(-1)! - beats[0]!).toBeCloseTo(49 * 960, 0);
  pulse.stop();
});

test("a beat that is under way is never joined by another, and is followed at once when it was long", async () => {
  const clock = createClock(() => 0.5);
  let running = 0;
  let beats = 0;
  let end: () => void = () => {};
  const pulse = new Pulse(clock, 1_000, async () => {
    expect(++running).toBe(1);
    beats++;
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    running--;
  });
  await clock.step();
  expect(clock.pending()).toBe(0);
  clock.pass(5_000);
  end();
  await new Promise((resolve) => setImmediate(resolve));
  const before = clock.now();
  await clock.step();
  expect({ beats, waited: clock.now() - before }).toEqual({ beats: 2, waited: 0 });
  pulse.stop();
});

test.each([3_600_000, -3_600_000])("a clock that jumps by %d ms neither stops it nor makes it race", async (jumpMs) => {
  const clock = createClock(() => 0.5);
  let beats = 0;
  const pulse = new Pulse(clock, 1_000, async () => void beats++);
  await clock.step();
  clock.jump(jumpMs);
  const before = clock.running();
  for (let step = 0; step < 10; step++) await clock.step();
  expect(clock.running() - before).toBeGreaterThan(8_000);
  expect(clock.running() - before).toBeLessThanOrEqual(10_000);
  expect(beats).toBe(11);
  pulse.stop();
});

test("a pulse that is stopped during a beat does not beat again", async () => {
  const clock = createClock(() => 0.5);
  const pulse = new Pulse(clock, 1_000, async () => pulse.stop());
  await clock.step();
  expect(clock.pending()).toBe(0);
});
