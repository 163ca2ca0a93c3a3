import { describe, expect, test } from "vitest";
import { health } from "../../../src/api/health.ts";
import type { Sampler, SamplerOptions } from "../../../src/observe/sampling/sampler.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";
import {
  type FakePod,
  httpMetrics,
  makePod,
  serveHttp,
  serveTcp,
  serveText,
  unhurried,
  until,
  useCleanups,
} from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const { serving } = cleanups;

/** Beats come without delay, so that what takes time is the waiting for others. */
const create = (options: Partial<SamplerOptions> = {}): Sampler =>
  startSampler(cleanups, { random: () => 0, ...options });

/** Pods that accept and never answer. */
async function hangingPods(count: number) {
  const { pod } = await serving(serveTcp((socket) => void socket.resume()));
  return Array.from({ length: count }, () => makePod({ addresses: pod.addresses, ports: pod.ports }));
}

const servingPod = (): Promise<FakePod> => serving(serveText("connections 1\nload 0.5\n"));

/** More patient than a pool may be: who hangs in one does so until the end of the test. */
const patient = unhurried(httpMetrics("1h", "10s"));
const often = unhurried(httpMetrics("200ms", "150ms"));

const failed = (sampler: Sampler, pool: string): number =>
  [...sampler.readings(pool).values()].filter(({ failure }) => failure === "TimedOut").length;

/** Follows the pod in a pool of its own, and waits for a sample. */
async function expectSampled(sampler: Sampler, pool: string, { pod }: FakePod): Promise<void> {
  sampler.follow(pool, { metrics: often, keep: 1, pods: [pod] });
  await until(() => sampler.readings(pool).get(pod.uid)?.samples.length === 1, `a sample in ${pool}`);
}

describe("pods that hang for as long as they may", () => {
  test("keep no pod from its samples: not in another namespace, nor in another pool of theirs", async () => {
    const sampler = create();
    sampler.follow("mallory/web", { metrics: patient, keep: 1, pods: await hangingPods(300) });
    await expectSampled(sampler, "shop/web", await servingPod());
    await expectSampled(sampler, "mallory/other", await servingPod());
    expect(failed(sampler, "mallory/web")).toBe(0);
  });

  test("keep no pod from its samples in the pool that they are in themselves", async () => {
    const sampler = create();
    const answering = await servingPod();
    const follow = (pods: readonly FakePod["pod"][]): void =>
      sampler.follow("shop/web", { metrics: patient, keep: 1, pods });
    follow([answering.pod]);
    await until(() => sampler.readings("shop/web").size === 1, "the first sample");
    sampler.follow("shop/web", { metrics: often, keep: 9, pods: [answering.pod, ...(await hangingPods(300))] });
    const samples = () => sampler.readings("shop/web").get(answering.pod.uid)!.samples.length;
    await until(() => samples() >= 4, "more samples of the pod that answers");
    expect(failed(sampler, "shop/web")).toBe(0);
  });

  test("keep no pod from its probe", async () => {
    const sampler = create();
    const probed = (pool: string, pods: readonly FakePod["pod"][], times: object): void => {
      const parsed = metricsFrom({ probe: { type: "HTTP", ...times } });
      const settings = {
        probe: { ...parsed.probe!, timeout: patienceMs },
        health: health.parse({}),
        port: String(pods[0]!.ports[0]!.port),
      };
      sampler.follow(pool, { metrics: parsed, keep: 1, pods, probing: { settings, down: new Set() } });
    };
    probed("mallory/web", await hangingPods(300), { interval: "1h", timeout: "10s" });
    const { pod } = await servingPod();
    probed("shop/web", [pod], { interval: "1s", timeout: "900ms" });
    await until(() => sampler.probings("shop/web").get(pod.uid)?.successes === 1, "an answer");
    expect(sampler.probings("mallory/web").size).toBe(0);
  });
});

test("pods whose large answers never end leave room for those of other namespaces", async () => {
  const sampler = create();
  const mebibyte = 1_048_576;
  const page = (bytes: number): string => `connections 1\nload 0.5\n${"# filling\n".repeat(bytes / 10)}`;
  let sent = 0;
  const endless = serveHttp((_, response) => {
    response.write(page(7 * mebibyte), () => {
      sent += 1;
    });
  });
  const { pod: sender } = await serving(endless);
  const { addresses, ports } = sender;
  const large = { maxBytes: 8 * mebibyte };
  const senders = Array.from({ length: 12 }, () => makePod({ addresses, ports }));
  sampler.follow("mallory/web", { metrics: unhurried(httpMetrics("1h", "10s", large)), keep: 1, pods: senders });
  const failing = (failure: string): number =>
    [...sampler.readings("mallory/web").values()].filter((reading) => reading.failure === failure).length;
  await until(() => failing("NoRoom") > 0 && failing("NoRoom") + sent >= senders.length, "all the room to be wanted");
  const { pod } = await serving(serveText(page(5 * mebibyte)));
  const metrics = unhurried(httpMetrics("200ms", "150ms", large));
  sampler.follow("shop/web", { metrics, keep: 1, pods: [pod] });
  await until(() => (sampler.readings("shop/web").get(pod.uid)?.samples.length ?? 0) > 0, "a sample of a large page");
  // It waited for none of the others to be given up.
  expect(failing("TimedOut")).toBe(0);
});

test("the first sample of a new pod waits for none of those that are known to time out, in its pool either", async () => {
  let turns = 0;
  const sampler = create({
    onAttempt: ({ outcome }) => {
      turns += outcome === "TimedOut" ? 1 : 0;
    },
  });
  const hanging = await hangingPods(250);
  const metrics = httpMetrics("3s", "2s");
  sampler.follow("shop/web", { metrics, keep: 1, pods: hanging });
  await until(() => failed(sampler, "shop/web") === hanging.length, "every pod to time out");
  const { pod } = await servingPod();
  const before = turns;
  sampler.follow("shop/web", { metrics, keep: 1, pods: [...hanging, pod] });
  await until(() => sampler.readings("shop/web").get(pod.uid)?.samples.length === 1, "its sample");
  await expectSampled(sampler, "shop/other", await servingPod());
  // Whoever waited in line with them would have seen a turn of half of them.
  expect(turns - before).toBeLessThan(100);
});
