import type { Agent } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type OutForm, outForms } from "../../src/api/pool.ts";
import { ClusterNames } from "../rigs/cluster-names.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { setReady } from "../rigs/pods/pod-status.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { missingFor, nodeProgram, type ProxyMode, ServiceClient, ServiceNetwork } from "../rigs/service-network.ts";
import { TraefikServers } from "../rigs/traefik-servers.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { requirePart } from "../tools/require-part.ts";
import { findTraefik } from "../tools/traefik.ts";

// The rows of the table in docs/who-obeys-the-ready-set.md that can be run beside a control plane without nodes.

const said: Readonly<Record<OutForm, object | undefined>> = {
  NotReady: { ready: false, serving: false, terminating: false },
  Serving: { ready: false, serving: true, terminating: false },
  Omitted: undefined,
};

/** So many new connections to three pods miss one of them once in a hundred thousand times. */
const many = 30;

const testUnless = (missing: string | undefined, name: string, work: () => Promise<void>) =>
  missing === undefined ? test(name, work) : test.skip(`${name} (needs ${missing})`, work);

describeCluster("a pod that is out", { needs: ["endpoint controllers", "pods off loopback"] }, (cluster) => {
  let rig: Rig;
  let pods: readonly [RigPod, RigPod, RigPod];

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    pods = (await rig.deploy("web", 3)) as unknown as typeof pods;
    await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  const mark = ({ name }: RigPod, value: "true" | null) =>
    rig.client.call("PATCH", rig.path("v1", "pods", name), {
      body: { metadata: { annotations: { "evenkeel.io/drain": value } } },
    });
  // One that fails leaves its pod out, which the others would wait for.
  afterEach(async () => {
    for (const pod of pods) await mark(pod, null);
  });

  /** Drains a pod, or lets it back, and waits until the slices of the Service say so in this form. */
  async function drain(pod: RigPod, value: "true" | null, service: string, form: OutForm): Promise<void> {
    await mark(pod, value);
    const { name, uid } = pod;
    const wanted = value ? said[form] : { ready: true, serving: true, terminating: false };
    await waitFor(
      async () => {
        const of = (await rig.endpoints(service)).find(({ targetRef }) => targetRef.uid === uid);
        return JSON.stringify(of?.conditions) === JSON.stringify(wanted);
      },
      `${name} to be ${value ? "out" : "in"} as ${form}`,
    );
  }

  describe.each<ProxyMode>(["iptables", "nftables"])("of kube-proxy in mode %s", (mode) => {
    const missing = missingFor(mode);
    let network: ServiceNetwork | undefined;
    let service: ServiceClient;

    beforeAll(async () => {
      if (missing) return;
      network = await ServiceNetwork.start(mode, rig.client, cluster.kubeconfigPath);
      await rig.applyPool("web");
      await rig.waitForEndpoints("web", (all) => all.filter(({ conditions }) => conditions.ready).length === 3, "3");
      const { spec } = await rig.client.call("GET", rig.path("v1", "services", "web"));
      service = new ServiceClient(spec.clusterIP, 8080);
      const reached = async () => (await service.answering(many)).size === 3;
      await waitFor(reached, "kube-proxy to lead to 3 pods").catch(async (error) => {
        throw new Error(`${error.message}\n${await network?.tail()}`);
      });
    });
    afterAll(() => network?.stop());

    for (const form of outForms)
      testUnless(missing, `${form}: gets no new connection, keeps those that it has, and comes back`, async () => {
        const [pod] = pods;
        await rig.applyPool("web", { publish: { out: form } });
        const agent: Agent = await service.connectionTo(pod.name);
        await drain(pod, "true", "web", form);
        const others = pods.map(({ name }) => name).filter((name) => name !== pod.name);
        const isOut = async () => !(await service.answering(many)).has(pod.name);
        await waitFor(isOut, "kube-proxy to hear of it");
        expect([...(await service.answering(2 * many))].sort()).toEqual(others);
        const accepted = pod.fake.acceptedConnections;
        for (let request = 0; request < 3; request += 1) expect(await service.ask(agent)).toBe(pod.name);
        expect(pod.fake.acceptedConnections).toBe(accepted);
        agent.destroy();
        await drain(pod, null, "web", form);
        await waitFor(async () => (await service.answering(many)).has(pod.name), "it to be reached again");
      });
  });

  describe("of CoreDNS, asked for a headless Service", () => {
    const missing = nodeProgram("coredns") ? undefined : "coredns";
    let names: ClusterNames | undefined;
    const pool = { targetRef: { name: "web" }, publish: { service: "names" } };

    beforeAll(async () => {
      if (missing) return;
      await rig.client.call("POST", rig.path("v1", "services"), {
        body: {
          metadata: { name: "names", annotations: { "evenkeel.io/pool": "names" } },
          spec: { clusterIP: "None", ports: [{ name: "http", port: 8080 }] },
        },
      });
      names = await ClusterNames.start(cluster.kubeconfigPath);
      await rig.applyPool("names", pool);
    });
    afterAll(() => names?.stop());

    const answers = (wanted: readonly RigPod[]) => {
      const addresses = wanted.map(({ address }) => address).sort();
      const asked = async () => (await names!.addressesOf("names", rig.namespace)).join() === addresses.join();
      return waitFor(asked, `the answer to name ${wanted.length} pods`);
    };

    for (const form of outForms)
      testUnless(missing, `${form}: is in no answer, and comes back`, async () => {
        const [pod, ...others] = pods;
        await rig.applyPool("names", { ...pool, publish: { service: "names", out: form } });
        await answers(pods);
        await drain(pod, "true", "names", form);
        await answers(others);
        await drain(pod, null, "names", form);
        await answers(pods);
      });
  });

  describe("of Traefik's provider, asked for an Ingress", () => {
    const part = "Traefik's provider";
    const missing = requirePart(`${part}, which test/tools/traefik.ts builds,`, !!findTraefik()) ? undefined : part;
    let traefik: TraefikServers | undefined;

    beforeAll(async () => {
      if (missing) return;
      const backend = { service: { name: "web", port: { number: 8080 } } };
      await rig.client.call("POST", rig.path("networking.k8s.io/v1", "ingresses"), {
        body: {
          metadata: { name: "web" },
          spec: { rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] },
        },
      });
      await rig.applyPool("web");
      traefik = await TraefikServers.start(cluster.kubeconfigPath);
    });
    afterAll(() => traefik?.stop());

    const servers = (wanted: readonly RigPod[]) => {
      const addresses = wanted.map(({ address }) => address).sort();
      const asked = async () => (await traefik!.of(rig.namespace, "web")).sort().join() === addresses.join();
      return waitFor(asked, `${wanted.length} servers`);
    };

    for (const form of outForms)
      testUnless(missing, `${form}: ${form === "Serving" ? "stays" : "is not"} among the servers`, async () => {
        const [pod, witness, other] = pods;
        await rig.applyPool("web", { publish: { out: form } });
        await servers(pods);
        await drain(pod, "true", "web", form);
        // What comes later is seen later: once a pod that turned unready is out, the provider knows of the drain.
        await setReady(rig.client, { namespace: rig.namespace, name: witness.name }, false);
        await servers(form === "Serving" ? [pod, other] : [other]);
        await setReady(rig.client, { namespace: rig.namespace, name: witness.name }, true);
        await drain(pod, null, "web", form);
        await servers(pods);
      });
  });
});
