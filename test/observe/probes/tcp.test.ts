import { expect, test } from "vitest";
import { serveTcp, until, useCleanups } from "../sampling/fake-pods.ts";
import { answered, failed, probeOnce } from "./probing.ts";

const { serving } = useCleanups();

test("a server that takes connections answers, and its connection is left to it no longer", async () => {
  const pod = await serving(serveTcp((socket) => void socket.resume()));
  const startedAt = performance.now();
  const probed = await probeOnce(pod, { type: "TCP" });
  expect(probed).toEqual(answered);
  expect(probed.kind === "answered" && probed.responseMs).toBeGreaterThan(0);
  expect(probed.kind === "answered" && probed.responseMs).toBeLessThan(performance.now() - startedAt);
  await until(() => pod.open() === 0, "the connection's end");
  expect(pod.accepted()).toBe(1);
});

test("a server that hangs up at once has taken the connection", async () => {
  const pod = await serving(serveTcp((socket) => socket.end()));
  expect(await probeOnce(pod, { type: "TCP" })).toEqual(answered);
});

test("a port where nobody listens is no answer", async () => {
  const pod = await serving(serveTcp((socket) => void socket.resume()));
  await pod.close();
  expect(await probeOnce(pod, { type: "TCP" })).toEqual(failed("ConnectFailed"));
});

test("a probe that is cut ends at once and leaves nothing", async () => {
  const pod = await serving(serveTcp((socket) => void socket.resume()));
  const stop = new AbortController();
  stop.abort();
  expect(await probeOnce(pod, { type: "TCP" }, { signal: stop.signal })).toEqual(failed("ConnectFailed"));
  await until(() => pod.open() === 0, "the connection's end");
});
