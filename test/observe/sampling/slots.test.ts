import fc from "fast-check";
import { expect, test } from "vitest";
import { type Job, type Pace, Slots } from "../../../src/observe/sampling/slots.ts";
import { Turns } from "../../../src/observe/sampling/turns.ts";

interface Running extends Job {
  readonly name: string;
  end(): void;
}

function createJobs(slots: Slots) {
  const started: string[] = [];
  const running = new Map<string, Running>();
  const add = (name: string, pace: Pace, namespace = "shop", flow = "web samples"): Job => {
    const done = Promise.withResolvers<void>();
    const job: Running = {
      name,
      flow: { namespace, name: flow },
      pace,
      end: done.resolve,
      run: () => {
        started.push(name);
        running.set(name, job);
        return done.promise.then(() => void running.delete(name));
      },
    };
    slots.add(job);
    return job;
  };
  const addMany = (count: number, stem: string, ...rest: [Pace, string?, string?]): void => {
    for (let number = 1; number <= count; number += 1) add(`${stem}${number}`, ...rest);
  };
  const end = async (name: string): Promise<void> => {
    running.get(name)?.end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { started, running, add, addMany, end };
}

test("jobs begin in the order of their arrival, as many at once as there are slots", async () => {
  const { started, add, end } = createJobs(new Slots(2));
  for (const name of ["a", "b", "c", "d"]) add(name, "prompt");
  expect(started).toEqual(["a", "b"]);
  await end("b");
  expect(started).toEqual(["a", "b", "c"]);
});

test("jobs that may be slow take at most half of the slots, and the quick ones pass them", async () => {
  const { started, add, end } = createJobs(new Slots(4));
  for (const name of ["s1", "s2", "s3", "s4"]) add(name, "slow");
  for (const name of ["q1", "q2", "q3"]) add(name, "prompt");
  expect(started).toEqual(["s1", "s2", "q1", "q2"]);
  await end("q1");
  expect(started.at(-1)).toBe("q3");
  await end("s1");
  expect(started.at(-1)).toBe("s3");
});

test("the older one goes first when both may go", async () => {
  const { started, add, end } = createJobs(new Slots(2));
  add("q1", "prompt");
  add("q2", "prompt");
  add("s", "slow");
  add("q3", "prompt");
  await end("q1");
  expect(started.at(-1)).toBe("s");
});

test("a new job stands behind no slow one, and finds a slot however many of those hang", async () => {
  const { started, running, add, addMany, end } = createJobs(new Slots(16));
  addMany(40, "slow", "slow");
  expect(running.size).toBeLessThan(16);
  add("new1", "new");
  expect(started.at(-1)).toBe("new1");
  addMany(40, "more", "new");
  add("new2", "new");
  await end("slow1");
  expect(started.at(-1)).toMatch(/^more/);
});

test("while new jobs hang, however many, a prompt one begins at once", () => {
  const { started, add, addMany } = createJobs(new Slots(16));
  addMany(40, "new", "new");
  addMany(40, "slow", "slow", "other");
  add("prompt", "prompt");
  expect(started.at(-1)).toBe("prompt");
});

test.each<[Pace]>([["prompt"], ["new"], ["slow"]])(
  "a namespace whose %s jobs hang leaves slots for the next one, and so does a pool within it",
  (pace) => {
    const { started, add, addMany } = createJobs(new Slots(128));
    addMany(500, "hangs", pace, "mallory");
    const held = started.length;
    add("same namespace", pace, "mallory", "another samples");
    add("another namespace", pace, "shop");
    expect(started.slice(held)).toEqual(["same namespace", "another namespace"]);
    addMany(500, "hangs-too", pace, "mallory", "third samples");
    addMany(500, "hangs-elsewhere", pace, "mallet");
    const before = started.length;
    add("a third namespace", pace, "store");
    expect(started.slice(before)).toEqual(["a third namespace"]);
  },
);

test("alone, a pool has most of the slots", () => {
  const { started, addMany } = createJobs(new Slots(128));
  addMany(500, "job", "prompt");
  expect(started.length).toBeGreaterThan(64);
});

test("namespaces take turns, and within them pools do, however many jobs each has", async () => {
  const { started, add, addMany, end } = createJobs(new Slots(1));
  add("first", "prompt");
  addMany(4, "a", "prompt", "large", "a samples");
  addMany(4, "b", "prompt", "large", "b samples");
  addMany(4, "c", "prompt", "small", "c samples");
  for (let turn = 0; turn < 8; turn += 1) await end(started.at(-1)!);
  expect(started).toEqual(["first", "a1", "c1", "b1", "c2", "a2", "c3", "b2", "c4"]);
});

test("a job that is taken back does not begin", async () => {
  const slots = new Slots(1);
  const { started, add, end } = createJobs(slots);
  add("a", "prompt");
  slots.remove(add("b", "prompt"));
  slots.remove(add("c", "slow"));
  slots.remove(add("c2", "new", "other"));
  add("d", "prompt");
  await end("a");
  expect(started).toEqual(["a", "d"]);
});

const anyJob = fc.record({
  pace: fc.constantFrom<Pace>("prompt", "new", "slow"),
  namespace: fc.constantFrom("n1", "n2", "n3"),
  flow: fc.constantFrom("f1", "f2"),
});

test("every job begins once, whatever ends when, and the bounds hold", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(anyJob, { maxLength: 30 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      async (size, jobs, ends) => {
        const { started, running, add, end } = createJobs(new Slots(size));
        const check = (): void => {
          expect(running.size).toBeLessThanOrEqual(size);
          const slow = [...running.values()].filter(({ pace }) => pace === "slow").length;
          expect(slow).toBeLessThanOrEqual(Math.ceil(size / 2));
        };
        for (const [index, { pace, namespace, flow }] of jobs.entries()) add(`${index}`, pace, namespace, flow);
        for (const choice of ends) {
          check();
          await end([...running.keys()][choice % Math.max(1, running.size)] ?? "");
        }
        while (running.size > 0) await end([...running.keys()][0]!);
        expect([...started].sort()).toEqual([...jobs.keys()].map(String).sort());
      },
    ),
    { numRuns: 60 },
  ));

test("a turn that throws gives its slot back, is told of, and followed by the next", async () => {
  const slots = new Slots(1);
  const errors: unknown[] = [];
  const turns: string[] = [];
  const clock = {
    now: Date.now,
    random: () => 0,
    setTimer: (callback: () => void, delayMs: number) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    onError: (error: unknown) => errors.push(error),
  };
  const takeTurns = (name: string, take: () => Promise<void>) =>
    new Turns(clock, {
      flow: { namespace: "shop", name },
      slots,
      intervalMs: () => 20,
      timeoutMs: 10,
      take: async () => {
        turns.push(name);
        await take();
      },
    });
  const failing = takeTurns("failing", () => Promise.reject(new Error("odd")));
  const well = takeTurns("well", async () => {});
  const count = (name: string) => turns.filter((turn) => turn === name).length;
  await expect.poll(() => Math.min(count("failing"), count("well"))).toBeGreaterThanOrEqual(3);
  expect(errors[0]).toEqual(new Error("odd"));
  await Promise.all([failing.stop(), well.stop()]);
});
