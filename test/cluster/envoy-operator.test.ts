import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { describeEnvoy } from "../rigs/envoy/describe-envoy.ts";
import { type EnvoyHost, EnvoyServer } from "../rigs/envoy/envoy-server.ts";
import { pageBootstrap } from "../rigs/envoy/page-bootstrap.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { sendRequests } from "../rigs/send-requests.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";

const intervalMs = 500;
const metrics = {
  interval: `${intervalMs}ms`,
  timeout: "400ms",
  source: { http: { port: "metrics", connections: { name: "app_connections" } } },
};

describeEnvoy("an Envoy that follows a pool", (program) => {
  describeCluster("of two replicas of the operator", { needs: ["pods off loopback"] }, (cluster) => {
    let rig: Rig;
    let pods: readonly RigPod[];
    let ports: readonly [number, number];
    const replicas: OperatorProcess[] = [];
    let envoy: EnvoyServer;
    let url: string;

    const startReplica = async (index: 0 | 1): Promise<void> => {
      replicas[index] = await OperatorProcess.start({
        kubeconfig: cluster.kubeconfigPath,
        namespaces: rig.namespace,
        "lease-namespace": rig.namespace,
        identity: `replica-${index}`,
        "xds-bind": `127.0.0.1:${ports[index]}`,
        "xds-interval": `${intervalMs}ms`,
      });
    };
    const hostOf = async ({ address }: RigPod): Promise<EnvoyHost | undefined> =>
      (await envoy.hosts("checkout")).find((host) => host.address.startsWith(`${address}:`));
    /** The part of all weights that this pod has in Envoy. */
    const shareOf = async (pod: RigPod): Promise<number> => {
      const hosts = await envoy.hosts("checkout");
      const sum = hosts.reduce((total, { weight }) => total + weight, 0);
      return ((await hostOf(pod))?.weight ?? 0) / sum;
    };
    /** One reports many more connections than the others. */
    const overload = (busy: RigPod): void => {
      for (const pod of pods) pod.fake.connections = pod === busy ? 400 : 5;
    };
    /** Requests without end, until this is called; brings those that failed. */
    const load = (): (() => Promise<ReadonlyMap<string, number>>) => {
      let isOver = false;
      const failed = new Map<string, number>();
      const ended = (async () => {
        while (!isOver) for (const [what, count] of (await sendRequests(url, 200)).failures) failed.set(what, count);
      })();
      return async () => {
        isOver = true;
        await ended;
        return failed;
      };
    };

    beforeAll(async () => {
      rig = await Rig.start(cluster);
      pods = await rig.deploy("web", 3);
      overload(pods[0]!);
      await rig.applyPool("web", { strategy: { slowStart: "0s" }, metrics });
      ports = (await findFreePorts(2)) as unknown as typeof ports;
      await Promise.all([startReplica(0), startReplica(1)]);
      envoy = await EnvoyServer.start(program, {
        bootstrap: pageBootstrap({ ports, serviceName: `${rig.namespace}/web` }),
      });
      url = await envoy.url("front");
    });
    afterAll(async () => {
      await envoy?.stop();
      await Promise.all(replicas.map((replica) => replica.end("SIGKILL")));
      await rig?.stop();
    });

    test("has the weights that the operator computes, and traffic by them", async () => {
      await expect.poll(() => shareOf(pods[0]!)).toBeLessThan(1 / 7);
      await expect.poll(() => shareOf(pods[0]!)).toBeGreaterThan(0);
      const before = await shareOf(pods[0]!);
      const { byText, failures } = await sendRequests(url, 2_000);
      const after = await shareOf(pods[0]!);
      expect(failures).toEqual(new Map());
      const had = (byText.get(pods[0]!.name) ?? 0) / 2_000;
      expect(had).toBeGreaterThan(Math.min(before, after) - 0.05);
      expect(had).toBeLessThan(Math.max(before, after) + 0.05);
      overload(pods[1]!);
      await expect.poll(() => shareOf(pods[1]!)).toBeLessThan(1 / 7);
    });

    test("sends nothing new to a pod that is drained", async () => {
      const drained = pods[2]!;
      const annotate = (value: string | null) =>
        rig.client.call("PATCH", rig.path("v1", "pods", drained.name), {
          body: { metadata: { annotations: { "evenkeel.io/drain": value } } },
        });
      await annotate("true");
      const isOut = ({ endpoints }: PoolDocument) => endpoints.every(({ pod }) => pod !== drained.name);
      for (const replica of replicas) await rig.waitForServed(replica, "web", isOut, "without it", { intervalMs: 20 });
      await expect.poll(async () => (await hostOf(drained))?.health).toBe("DRAINING");
      const { requests } = drained.fake;
      expect((await sendRequests(url, 500)).failures).toEqual(new Map());
      expect(drained.fake.requests).toBe(requests);
      await annotate(null);
      await expect.poll(async () => (await hostOf(drained))?.health).toBe("HEALTHY");
    });

    test("loses no request while one replica is killed and the other is stopped, and follows the pool again", async () => {
      const end = load();
      expect(await replicas[0]!.end("SIGKILL")).toBe("SIGKILL");
      await startReplica(0);
      expect(await replicas[1]!.end("SIGTERM")).toBe(0);
      expect(await envoy.hosts("checkout")).toHaveLength(3);
      await startReplica(1);
      overload(pods[2]!);
      await expect.poll(() => shareOf(pods[2]!)).toBeLessThan(1 / 7);
      expect(await end()).toEqual(new Map());
      expect(await envoy.stats("^cluster\\.checkout\\.(update_empty|update_rejected)$")).toEqual({
        "cluster.checkout.update_empty": 0,
        "cluster.checkout.update_rejected": 0,
      });
    });
  });
});
