import { describe, expect, test } from "vitest";
import { health } from "../../../src/api/health.ts";
import type { Pod } from "../../../src/decide/world.ts";
import type { ProbeAttempt } from "../../../src/observe/sampling/context.ts";
import type { Sampler, SamplerOptions } from "../../../src/observe/sampling/sampler.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";
import { serveHttp, serveTcp, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const { serving } = cleanups;
const key = "ns/pool";

function create(options: Partial<SamplerOptions> = {}): { sampler: Sampler; probes: ProbeAttempt[] } {
  const probes: ProbeAttempt[] = [];
  const sampler = startSampler(cleanups, { onProbe: (probe) => probes.push(probe), ...options });
  return { sampler, probes };
}

/** What a pool with this probe wants followed; the pods' one port is the pool's first. */
function following(
  given: object,
  pods: readonly Pod[],
  more: { health?: object; down?: readonly string[]; timeoutMs?: number } = {},
) {
  const parsed = metricsFrom({ probe: { interval: "400ms", timeout: "390ms", ...given } });
  const probe = { ...parsed.probe!, timeout: more.timeoutMs ?? patienceMs };
  const settings = { probe, health: health.parse(more.health), port: String(pods[0]?.ports[0]?.port ?? 1) };
  return { metrics: parsed, keep: 1, pods, probing: { settings, down: new Set(more.down) } };
}

const ofPod = (sampler: Sampler, { uid }: Pod) => sampler.probings(key).get(uid);

/** A pod that answers with the status it is told, and how often it was asked. */
async function servePulse() {
  const state = { status: 200, asked: 0 };
  const fake = await serving(
    serveHttp((_, response) => {
      state.asked++;
      response.writeHead(state.status).end();
    }),
  );
  return { ...fake, state };
}

describe("a ready pod", () => {
  test("is probed again and again, on the pool's first port, and its time is known", async () => {
    const { pod } = await servePulse();
    const notified: string[] = [];
    const { sampler, probes } = create({ onSample: (pool) => notified.push(pool) });
    sampler.follow(key, following({ type: "HTTP" }, [pod]));
    await until(() => (ofPod(sampler, pod)?.successes ?? 0) >= 2, "two answers in a row");
    expect(ofPod(sampler, pod)).toMatchObject({ failures: 0, isDown: false, responseMs: expect.any(Number) });
    expect(Math.abs(Date.now() - ofPod(sampler, pod)!.at)).toBeLessThan(5_000);
    expect(probes.at(-1)).toEqual({ pool: key, outcome: "ok", seconds: expect.any(Number) });
    expect(new Set(notified)).toEqual(new Set([key]));
    expect(sampler.readings(key).size).toBe(0);
  });

  test("is known with the status that it answers, until it answers well", async () => {
    const { pod, state } = await servePulse();
    state.status = 503;
    const { sampler } = create();
    sampler.follow(key, following({ type: "HTTP" }, [pod]));
    await until(() => ofPod(sampler, pod)?.failure !== undefined, "a failure");
    expect(ofPod(sampler, pod)).toMatchObject({ failure: "StatusNotOk", finding: { kind: "status", status: 503 } });
    state.status = 200;
    await until(() => (ofPod(sampler, pod)?.successes ?? 0) > 0, "an answer");
    expect(ofPod(sampler, pod)).not.toHaveProperty("finding");
  });

  test("falls after as many failures as it takes, is asked less often then, and is back after two answers", async () => {
    const pulse = await servePulse();
    const known = () => ofPod(sampler, pulse.pod);
    const pauses: { readonly isLong: boolean; readonly isFallen: boolean }[] = [];
    const { sampler } = create({
      // What is long is told and not waited for.
      setTimer(callback, delayMs) {
        const probing = pulse.state.asked > 0 ? known() : undefined;
        pauses.push({ isLong: delayMs > 5_000, isFallen: probing?.isDown === true && probing.failures > 0 });
        const timer = setTimeout(callback, Math.min(delayMs, 100));
        return () => clearTimeout(timer);
      },
    });
    sampler.follow(key, following({ type: "HTTP" }, [pulse.pod], { health: { failureThreshold: 2, recheck: "30s" } }));
    await until(() => (known()?.successes ?? 0) >= 2, "two answers");
    pulse.state.status = 500;
    await until(() => known()?.isDown === true, "the fall");
    expect(known()!.failures).toBeGreaterThanOrEqual(2);
    await until(() => known()!.failures >= 4, "two more failures");
    pulse.state.status = 200;
    await until(() => known()?.isDown === false, "the return");
    expect(known()!.successes).toBeGreaterThanOrEqual(2);
    expect(pauses.filter(({ isLong }) => isLong).length).toBeGreaterThanOrEqual(3);
    expect(pauses.filter(({ isLong, isFallen }) => isLong !== isFallen)).toEqual([]);
  });

  test("that hangs takes nothing from the others", async () => {
    const hanging = await Promise.all(
      Array.from({ length: 20 }, () => serving(serveTcp((socket) => void socket.resume()))),
    );
    const { pod, state } = await servePulse();
    const { sampler } = create({ concurrency: 4 });
    const pods = [pod, ...hanging.map((fake) => fake.pod)];
    // New pods hold no more than their part of the slots, so that the others must not be asked before this one is known.
    sampler.follow(key, following({ type: "HTTP", port: "metrics" }, [pod]));
    await until(() => ofPod(sampler, pod)?.successes !== undefined, "an answer");
    sampler.follow(key, following({ type: "HTTP", port: "metrics" }, pods));
    const asked = state.asked;
    await until(() => state.asked >= asked + 8, "more answers while the others hang");
    expect(sampler.probings(key).size).toBe(1);
    sampler.follow(key, following({ type: "HTTP", port: "metrics" }, pods, { timeoutMs: 200 }));
    await until(() => [...sampler.probings(key).values()].some(({ failure }) => failure === "TimedOut"), "a hang");
  });

  test("is probed at a port by name, and one that it does not declare is a failure that does not take it down", async () => {
    const { pod } = await servePulse();
    const { sampler } = create();
    sampler.follow(key, following({ type: "HTTP", port: "metrics" }, [pod]));
    sampler.follow("ns/other", following({ type: "HTTP", port: "sql" }, [pod]));
    await until(() => (sampler.probings("ns/other").get(pod.uid)?.failures ?? 0) >= 4, "four failures");
    expect(sampler.probings("ns/other").get(pod.uid)).toMatchObject({ failure: "PortNotDeclared", isDown: false });
    await until(() => ofPod(sampler, pod)?.successes !== undefined, "an answer");
  });
});

describe("who is not probed", () => {
  test.each<[what: string, changes: Partial<Pod>]>([
    ["is not ready", { ready: false }],
    ["is on its way out", { terminating: true }],
    ["has ended", { phase: "Failed" }],
    ["has no address", { addresses: [] }],
  ])("a pod that %s; what was known of it is forgotten", async (_, changes) => {
    const { pod } = await servePulse();
    const { sampler } = create();
    sampler.follow(key, following({ type: "HTTP" }, [pod]));
    await until(() => ofPod(sampler, pod) !== undefined, "a probe");
    sampler.follow(key, following({ type: "HTTP" }, [{ ...pod, ...changes }]));
    expect(sampler.probings(key).size).toBe(0);
  });

  test("a pod on loopback or on the host's network", async () => {
    const { pod, accepted } = await servePulse();
    const { sampler } = create({ allowLoopback: false });
    sampler.follow(key, following({ type: "TCP" }, [pod, { ...pod, uid: "host", hostNetwork: true }]));
    await until(() => sampler.probings(key).size === 2, "both refusals");
    expect([...sampler.probings(key).values()].map(({ failure }) => failure)).toEqual([
      "AddressRefused",
      "AddressRefused",
    ]);
    expect(accepted()).toBe(0);
  });
});

describe("what is known", () => {
  const down = { failureThreshold: 1, recheck: "1h" };

  async function fallen() {
    const pulse = await servePulse();
    pulse.state.status = 500;
    const { sampler } = create();
    const follow = (probe: object, more: object = { health: down }) =>
      sampler.follow(key, following({ type: "HTTP", ...probe }, [pulse.pod], more));
    follow({});
    await until(() => ofPod(sampler, pulse.pod)?.isDown === true, "the fall");
    return { pulse, sampler, follow };
  }

  test("stays when the interval or the rules of health change, and the new ones count", async () => {
    const { pulse, sampler, follow } = await fallen();
    pulse.state.status = 200;
    follow({ interval: "500ms" }, { health: { ...down, recheck: "200ms" } });
    expect(ofPod(sampler, pulse.pod)?.isDown).toBe(true);
    await until(() => ofPod(sampler, pulse.pod)?.isDown === false, "the return");
  });

  test("is of no use when something else is asked", async () => {
    const { pulse, sampler, follow } = await fallen();
    follow({ path: "/other" }, { health: { ...down, failureThreshold: 9 }, down: [pulse.pod.name] });
    expect(ofPod(sampler, pulse.pod)).toBeUndefined();
    await until(() => ofPod(sampler, pulse.pod)?.failures === 1, "a failure");
    expect(ofPod(sampler, pulse.pod)?.isDown).toBe(false);
  });

  test("from before the start holds for pods that nobody has probed yet, and only at the start", async () => {
    const [first, second] = [await servePulse(), await servePulse()];
    const { sampler } = create();
    const told = { down: [first.pod.name, second.pod.name] };
    sampler.follow(key, following({ type: "HTTP" }, [first.pod], told));
    expect(ofPod(sampler, first.pod)).toMatchObject({ isDown: true, failures: 0, successes: 0 });
    await until(() => ofPod(sampler, first.pod)?.successes === 1, "an answer");
    expect(ofPod(sampler, first.pod)?.isDown).toBe(true);
    await until(() => ofPod(sampler, first.pod)?.isDown === false, "the return");
    sampler.follow(key, following({ type: "HTTP" }, [first.pod, second.pod], told));
    expect(ofPod(sampler, second.pod)).toBeUndefined();
  });
});

test("probing ends with the pool, the probe or the sampler, and leaves no connection", async () => {
  const hanging = await serving(serveTcp((socket) => void socket.resume()));
  const notified: string[] = [];
  const { sampler } = create({ onSample: (pool) => notified.push(pool) });
  const patient = following({ type: "HTTP", interval: "20s", timeout: "10s" }, [hanging.pod]);
  for (const end of [
    () => sampler.forget(key),
    () => sampler.follow(key, { metrics: patient.metrics, keep: 1, pods: [hanging.pod] }),
    () => sampler.close(),
  ]) {
    sampler.follow(key, patient);
    await until(() => hanging.open() === 1, "a probe under way");
    await end();
    await until(() => hanging.open() === 0, "the connection's end");
    expect(sampler.probings(key).size).toBe(0);
  }
  expect(notified).toEqual([]);
});
