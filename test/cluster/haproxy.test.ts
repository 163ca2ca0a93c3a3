import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { haproxyConfig } from "../../src/lab/cli/demo/carried/haproxy-config.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { startAgentService } from "../rigs/haproxy/agent-service.ts";
import { describeHaproxy } from "../rigs/haproxy/describe-haproxy.ts";
import { HaproxyServer } from "../rigs/haproxy/haproxy-server.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { podPorts } from "../rigs/pods/pod-listener.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { sendRequests } from "../rigs/send-requests.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

/** Requests without end, and what became of them. */
function startTraffic(url: string) {
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const sending = (async () => {
    while (!isOver) {
      const answers = await sendRequests(url, 100, { parallel: 4 });
      failures.push(...answers.failures.keys());
      for (const count of answers.byText.values()) answered += count;
    }
  })();
  return {
    failures,
    answered: () => answered,
    async stop() {
      isOver = true;
      await sending;
    },
  };
}

/** A replica of the operator, with its agent. */
interface Replica {
  readonly process: OperatorProcess;
  readonly agentPort: number;
}

describeCluster("HAProxy before a pool", { needs: ["pods off loopback"] }, (cluster) => {
  describeHaproxy("while the operator comes and goes", () => {
    let rig: Rig;
    let pods: readonly RigPod[];
    let service: Awaited<ReturnType<typeof startAgentService>>;
    let haproxy: HaproxyServer;
    let traffic: ReturnType<typeof startTraffic>;
    const replicas = new Set<Replica>();

    async function startReplica(): Promise<Replica> {
      const process = await OperatorProcess.start({
        kubeconfig: cluster.kubeconfigPath,
        namespaces: rig.namespace,
        "lease-namespace": rig.namespace,
        "haproxy-bind": "127.0.0.1:0",
      });
      const replica = { process, agentPort: Number(/"haproxy":"tcp:\/\/[^"]+:(\d+)"/.exec(process.began)![1]) };
      replicas.add(replica);
      // The Service sends it nothing before.
      await waitFor(async () => (await request(`${process.url}/readyz`)).statusCode === 200, "a replica to be ready");
      service.add(replica.agentPort);
      return replica;
    }

    async function endReplica(replica: Replica, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
      service.drain(replica.agentPort);
      await replica.process.end(signal);
      service.remove(replica.agentPort);
      replicas.delete(replica);
    }

    const mark = (pod: RigPod, value: string | null) =>
      rig.client.call("PATCH", rig.path("v1", "pods", pod.name), {
        contentType: mergePatch,
        body: { metadata: { annotations: { "evenkeel.io/drain": value } } },
      });

    const statusOf = async (pod: RigPod): Promise<string> =>
      (await haproxy.servers("web")).find(({ name }) => name === pod.name)!.status;

    /** Until every server has been asked about a few times more. */
    async function moreRequests(pod: RigPod, count: number): Promise<void> {
      const before = pod.fake.requests;
      await waitFor(() => pod.fake.requests >= before + count, `${count} requests more`);
    }

    beforeAll(async () => {
      rig = await Rig.start(cluster);
      pods = await rig.deploy("web", 3);
      rig.setLoad(30, 4);
      await rig.applyPool("web", {});
      service = await startAgentService();
      for (const replica of [await startReplica(), await startReplica()]) {
        await rig.waitForServed(replica.process, "web", ({ endpoints }) => endpoints.length === 3, "with its pods");
      }
      const [front] = await findFreePorts(1);
      const config = haproxyConfig({
        bind: `127.0.0.1:${front}`,
        backend: "web",
        pool: `${rig.namespace}/web`,
        servers: pods.map(({ name, address }) => ({ name, address, port: podPorts.traffic })),
        agent: { host: "127.0.0.1", port: service.port, inter: "500ms" },
      });
      haproxy = await HaproxyServer.start(config);
      await haproxy.untilServers(
        "web",
        pods.map(({ name }) => `${name} UP 100`),
      );
      traffic = startTraffic(`http://127.0.0.1:${front}/`);
    });

    afterAll(async () => {
      await traffic?.stop();
      await haproxy?.stop();
      service?.stop();
      for (const replica of replicas) await replica.process.end("SIGKILL");
      await rig?.stop();
    });

    test("a rolling restart loses no request, and lets no drained pod back, not even for a moment", async () => {
      const [first, , drained] = pods as [RigPod, RigPod, RigPod];
      await mark(drained, "true");
      await waitFor(async () => (await statusOf(drained)) === "DRAIN (agent)", "the drain");
      await moreRequests(first, 10);
      const before = drained.fake.requests;
      const seen = new Set<string>();
      const looking = setInterval(() => void statusOf(drained).then((status) => seen.add(status)), 50);
      for (const replica of [...replicas]) {
        await endReplica(replica, "SIGTERM");
        await startReplica();
        await moreRequests(first, 100);
      }
      clearInterval(looking);
      expect([...seen]).toEqual(["DRAIN (agent)"]);
      expect(drained.fake.requests).toBe(before);
      expect(traffic.failures).toEqual([]);
    });

    test("the last replica that ends leaves no drain behind, and the next one takes it up again", async () => {
      const drained = pods[2]!;
      for (const replica of [...replicas]) await endReplica(replica, "SIGTERM");
      await haproxy.untilServers(
        "web",
        pods.map(({ name }) => `${name} UP 100`),
      );
      await moreRequests(drained, 20);
      await startReplica();
      await waitFor(async () => (await statusOf(drained)) === "DRAIN (agent)", "the drain to be back");
      expect(traffic.failures).toEqual([]);
    });

    test("a replica that is killed leaves its last word in force, until somebody lifts it", async () => {
      const [first, , drained] = pods as [RigPod, RigPod, RigPod];
      const [replica] = replicas;
      await endReplica(replica!, "SIGKILL");
      await moreRequests(first, 200);
      expect(await statusOf(drained)).toBe("DRAIN (agent)");
      await haproxy.command(`set server web/${drained.name} state ready`);
      await waitFor(async () => (await statusOf(drained)) === "UP", "the drain to be lifted by hand");
      await moreRequests(drained, 20);
      // Who is back knows it all again.
      await startReplica();
      await waitFor(async () => (await statusOf(drained)) === "DRAIN (agent)", "the drain to be back");
      expect(traffic.answered()).toBeGreaterThan(1_000);
      expect(traffic.failures).toEqual([]);
    });
  });
});
