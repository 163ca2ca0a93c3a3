import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { type FrontKind, isOfKind, makeFronts } from "../../rigs/service/fronts.ts";
import { takeLooks } from "../../rigs/service/looks.ts";
import { ServiceRig } from "../../rigs/service/service-rig.ts";
import { averageOf, type Look, summarize } from "../../rigs/service/spread.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Stage } from "../stage.ts";
import { addFigure } from "../stage-record.ts";

const namespace = "ready-set";
const periodSeconds = 2;
const holdSeconds = 40;
const pods = 10;
const perPod = 22;
const load = {
  perSecond: (pods * perPod) / holdSeconds,
  holdSeconds,
  initial: pods * perPod,
  initialSeconds: 3,
};
// What chance makes of a few hold times is averaged over Services that are alike.
const replicates = 3;

/** A machine that is late for more of the looks than a tenth is late for samples and slices, too: it is measured again. */
const inTime = 0.9;
const tries = 3;

const waiting = { timeoutMs: 60_000, intervalMs: 250 };

/** Services of all kinds before the same pods, under connections that last twenty periods. */
export function testReadySet(stage: Stage): void {
  const rig = new ServiceRig(stage.client, (words, options) => stage.kubectl(words, options), {
    namespace,
    image: stage.record.image,
    pods,
    clients: 2,
    fronts: makeFronts(["plain", "half", "headless"], replicates),
    period: `${periodSeconds}s`,
  });
  // What comes next counts the writes of a leader that has nothing to do.
  afterAll(async () => {
    await stage.kubectl(["delete", "deployments", "--all", "--namespace", namespace]);
    await stage.kubectl(["delete", "pods", "--all", "--namespace", namespace, "--grace-period", "0", "--force"]);
    await stage.kubectl(["delete", "namespace", namespace]);
  });

  const measure = async (left = tries): Promise<Look[]> => {
    const seconds = 3 * holdSeconds;
    const looks = await takeLooks(() => rig.look(), { forMs: seconds * 1_000 });
    return looks.length >= inTime * seconds || left === 1 ? looks : measure(left - 1);
  };
  const spread = async (): Promise<(kind: FrontKind) => number> => {
    const looks = await measure();
    return (kind) => {
      const services = rig.options.fronts.map(({ service }) => service).filter((service) => isOfKind(service, kind));
      return averageOf(services.map((service) => summarize(looks, service, periodSeconds))).sdOverMean;
    };
  };
  const published = async (service: string): Promise<string[]> => {
    const endpoints = (await rig.slices(service)).flatMap((slice) => slice.endpoints ?? []);
    const ready = endpoints.filter(({ conditions }) => conditions.ready);
    return ready.flatMap(({ addresses }) => addresses).sort();
  };

  test("spreads long-lived connections through kube-proxy, and those of clients that ask DNS", async () => {
    await rig.deploy();
    await rig.start(load);
    await sleep(holdSeconds * 1_000);
    const of = await spread();
    const [plain, half, headless] = [of("plain"), of("half"), of("headless")];
    await addFigure(stage.record, "e2e.service_sd_over_mean_plain", plain);
    await addFigure(stage.record, "e2e.service_sd_ratio", half / plain);
    await addFigure(stage.record, "e2e.headless_sd_ratio", headless / plain);
    expect(half / plain).toBeLessThan(0.8);
    expect(headless / plain).toBeLessThan(0.8);
  }, 600_000);

  test("is what DNS answers for a headless Service", async () => {
    const service = "headless-1";
    const agree = async () => {
      const before = await published(service);
      const answered = await rig.addresses(service);
      // One that changed meanwhile says nothing.
      return before.length < pods && before.join() === (await published(service)).join() && { before, answered };
    };
    const { before, answered } = await waitFor(agree, "some pods to be full, and the set to rest", waiting);
    expect(answered).toEqual(before);
    expect(before.length).toBeGreaterThanOrEqual(pods / 2);
  });

  test("refuses and cuts no connection, through a drain and a rollout of the pods", async () => {
    const [drained = ""] = await rig.servers();
    await rig.drain(drained, true);
    await sleep(3 * periodSeconds * 1_000);
    await rig.drain(drained, false);
    expect(await rig.harm()).toMatchObject({ refused: [], cut: 0 });
    await rig.restartServers();
    await waitFor(async () => (await rig.servers()).length === pods, "all pods", waiting);
    await sleep(2 * periodSeconds * 1_000);
    expect(await rig.harm()).toMatchObject({ refused: [], cut: 0 });
  });

  test("nor while another replica takes the lead", async () => {
    const holder = await stage.holder();
    const leader = await stage.leader();
    await stage.kubectl(["delete", "pod", leader, "--namespace", "evenkeel", "--grace-period", "0", "--force"]);
    const isAnother = async () => {
      const now = await stage.holder();
      return now !== "" && now !== holder;
    };
    await waitFor(isAnother, "another leader", waiting);
    await sleep(2 * periodSeconds * 1_000);
    const { opened, ...harm } = await rig.harm();
    await addFigure(stage.record, "e2e.service_connections", opened);
    expect(harm).toMatchObject({ refused: [], cut: 0 });
  });
}
