import { getEventListeners } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { limited } from "../../../src/observe/probes/limited.ts";

test("a probe that cannot begin rejects, and neither its time nor an abort comes back to it", async () => {
  const uncaught: unknown[] = [];
  const catchIt = (error: unknown) => void uncaught.push(error);
  process.on("uncaughtException", catchIt);
  onTestFinished(() => void process.off("uncaughtException", catchIt));
  const stopping = new AbortController();
  const refuse = () => {
    throw new TypeError("no such port");
  };
  await expect(limited(5, stopping.signal, refuse)).rejects.toThrow("no such port");
  expect(getEventListeners(stopping.signal, "abort")).toEqual([]);
  stopping.abort();
  // Its time ends after that of the other would have.
  await limited(5, new AbortController().signal, () => ({ late: () => "TimedOut", end: () => {} }));
  expect(uncaught).toEqual([]);
});

test("a probe that settles while it begins is ended once it has begun", async () => {
  const stopping = new AbortController();
  let ends = 0;
  const probed = await limited(1_000, stopping.signal, (settle) => {
    settle({ kind: "answered", responseMs: 3 });
    const end = (): void => {
      ends += 1;
    };
    return { late: () => "TimedOut", end };
  });
  expect(probed).toEqual({ kind: "answered", responseMs: 3 });
  await Promise.resolve();
  expect(ends).toBe(1);
});

test("a signal that has aborted before ends the probe as late", async () => {
  const probed = await limited(1_000, AbortSignal.abort(), () => ({ late: () => "TimedOut", end: () => {} }));
  expect(probed).toEqual({ kind: "failed", failure: "TimedOut" });
});

test("what a handler throws ends the probe alone, and is told", async () => {
  const stopping = new AbortController();
  let ends = 0;
  const probing = limited(10_000, stopping.signal, (_, guard) => {
    setTimeout(
      guard((what: string) => {
        throw new Error(what);
      }),
      1,
      "odd",
    );
    const end = (): void => {
      ends += 1;
    };
    return { late: () => "TimedOut", end };
  });
  await expect(probing).rejects.toThrow("odd");
  expect([ends, getEventListeners(stopping.signal, "abort")]).toEqual([1, []]);
});
