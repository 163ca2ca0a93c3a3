import fc from "fast-check";
import { expect, test } from "vitest";
import { type Job, Slots } from "../../src/observe/sampler-slots.ts";

interface Running extends Job {
  readonly name: string;
  end(): void;
}

function createJobs(slots: Slots) {
  const started: string[] = [];
  const running = new Map<string, Running>();
  const add = (name: string, isPrompt: boolean): Job => {
    const done = Promise.withResolvers<void>();
    const job: Running = {
      name,
      isPrompt,
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
  const end = async (name: string): Promise<void> => {
    running.get(name)?.end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { started, running, add, end };
}

test("jobs begin in the order of their arrival, as many at once as there are slots", async () => {
  const { started, add, end } = createJobs(new Slots(2));
  for (const name of ["a", "b", "c", "d"]) add(name, true);
  expect(started).toEqual(["a", "b"]);
  await end("b");
  expect(started).toEqual(["a", "b", "c"]);
});

test("jobs that may be slow take at most half of the slots, and the quick ones pass them", async () => {
  const { started, add, end } = createJobs(new Slots(4));
  for (const name of ["s1", "s2", "s3", "s4"]) add(name, false);
  for (const name of ["q1", "q2", "q3"]) add(name, true);
  expect(started).toEqual(["s1", "s2", "q1", "q2"]);
  await end("q1");
  expect(started.at(-1)).toBe("q3");
  await end("s1");
  expect(started.at(-1)).toBe("s3");
});

test("the older one goes first when both may go", async () => {
  const { started, add, end } = createJobs(new Slots(2));
  add("q1", true);
  add("q2", true);
  add("s", false);
  add("q3", true);
  await end("q1");
  expect(started.at(-1)).toBe("s");
});

test("a job that is taken back does not begin", async () => {
  const slots = new Slots(1);
  const { started, add, end } = createJobs(slots);
  add("a", true);
  slots.remove(add("b", true));
  slots.remove(add("c", false));
  add("d", true);
  await end("a");
  expect(started).toEqual(["a", "d"]);
});

test("every job begins once, whatever ends when, and the bounds hold", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.boolean(), { maxLength: 30 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      async (size, jobs, ends) => {
        const { started, running, add, end } = createJobs(new Slots(size));
        const check = (): void => {
          expect(running.size).toBeLessThanOrEqual(size);
          const slow = [...running.values()].filter(({ isPrompt }) => !isPrompt).length;
          expect(slow).toBeLessThanOrEqual(Math.ceil(size / 2));
        };
        for (const [index, isPrompt] of jobs.entries()) add(`${index}`, isPrompt);
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
