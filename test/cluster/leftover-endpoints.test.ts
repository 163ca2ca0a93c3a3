import { afterAll, beforeAll, expect, test } from "vitest";
import type { Slice } from "../../src/act/slice.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { serviceManifest } from "../rigs/pods/manifests.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const managerOf = ({ metadata }: Slice): string =>
  metadata.labels?.["endpointslice.kubernetes.io/managed-by"]?.split(".")[0] ?? "nobody";

describeCluster("what stands beside a pool's endpoints", { needs: ["endpoint controllers", "kubectl"] }, (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  const messageOf = async (pool: string, text: `${string}/${string}`): Promise<string> =>
    conditionOf(await rig.waitForCondition(pool, "Ready", text), "Ready")!.message;
  const managers = async (service: string) => (await rig.slices(service)).map(managerOf).sort();

  /** Does what a message says, word by word. */
  async function follow(message: string): Promise<void> {
    const commands = message.match(/kubectl .+?(?=; |\. |\.$|, or )/g) ?? [];
    expect(commands).not.toEqual([]);
    for (const command of commands) {
      const words = [...command.matchAll(/'([^']*)'|([^\s']+(?:'[^']*')?)/g)].map(([word]) => word.replaceAll("'", ""));
      const { code, stderr } = await rig.client.kubectl(words.slice(1));
      expect([command, stderr.replace(/^Warning: .*\n/, ""), code]).toEqual([command, "", 0]);
    }
  }

  const readyPods = async (service: string) =>
    (await rig.endpoints(service))
      .flatMap(({ conditions, targetRef }) => (conditions.ready ? targetRef.name : []))
      .sort();

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.deploy("web", 3);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("as Kubernetes left it when the selector was taken away is named, and the advice ends well", async () => {
    await rig.client.call("POST", rig.path("v1", "services"), { body: serviceManifest("web", { app: "web" }) });
    await rig.waitForEndpoints("web", (all) => all.length === 3, "3 of Kubernetes'");
    await rig.applyPool("web");
    const first = await messageOf("web", "False/ServiceHasSelector");
    const before = (await rig.pods("web")).map(({ name }) => name);
    await follow(first.slice(0, first.indexOf("Afterwards")));
    // As docs/quick-start.md waits for it.
    const reason = "--for=jsonpath={.status.conditions[0].reason}=ForeignEndpointSlices";
    const waited = await rig.client.kubectl(["wait", "lbp/web", "-n", rig.namespace, reason, "--timeout=30s"]);
    expect(waited).toMatchObject({ code: 0, stderr: "" });

    const template = { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } };
    await rig.client.call("PATCH", rig.path("apps/v1", "deployments", "web"), { body: { spec: { template } } });
    const after = await waitFor(async () => {
      const names = (await rig.pods("web")).map(({ name }) => name);
      return names.length === 3 && names.every((name) => !before.includes(name)) && names;
    }, "three other pods");

    const left = ["endpointslice-controller", "endpointslicemirroring-controller", "evenkeel"];
    await waitFor(async () => (await managers("web")).join() === left.join(), "what Kubernetes leaves");
    const isOurs = (slice: Slice) => managerOf(slice) === "evenkeel";
    const foreign = (await rig.slices("web")).filter((slice) => !isOurs(slice)).map(({ metadata }) => metadata.name);
    // The addresses of pods that are gone.
    expect((await readyPods("web")).length).toBeGreaterThan(3);
    const message = await waitFor(async () => {
      const { message: found } = conditionOf(await rig.status("web"), "Ready")!;
      return foreign.every((name) => found.includes(name)) && found;
    }, "both to be named");
    await follow(message);
    await rig.waitForCondition("web", "Ready", "True/EndpointsReady");
    expect(await readyPods("web")).toEqual(after);
    expect(await managers("web")).toEqual(["evenkeel"]);
  });

  test("as it mirrors what somebody wrote by hand goes with that", async () => {
    await rig.applyPool("own", { targetRef: { name: "web" } });
    await messageOf("own", "True/EndpointsReady");
    const body = {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name: "own" },
      subsets: [{ addresses: [{ ip: "10.9.9.9" }], ports: [{ name: "http", port: 8080 }] }],
    };
    await rig.client.call("POST", rig.path("v1", "endpoints"), { body });
    const message = await messageOf("own", "False/ForeignEndpointSlices");
    expect(message).toContain("(endpointslicemirroring-controller.k8s.io)");
    await follow(message.slice(0, message.indexOf("If they are meant")));
    await messageOf("own", "True/EndpointsReady");
    expect(await managers("own")).toEqual(["evenkeel"]);
  });

  test("as somebody says that it belongs there is none of the pool's business", async () => {
    await rig.client.call("POST", rig.path("discovery.k8s.io/v1", "endpointslices"), {
      body: {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          name: "own-elsewhere",
          labels: {
            "kubernetes.io/service-name": "own",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-mesh-controller.cilium.io",
          },
        },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.9.9.9"], conditions: { ready: true } }],
        ports: [{ name: "http", port: 8080 }],
      },
    });
    const message = await messageOf("own", "False/ForeignEndpointSlices");
    await follow(message.slice(message.indexOf("If they are meant")));
    await messageOf("own", "True/EndpointsReady");
    expect(await managers("own")).toEqual(["endpointslice-mesh-controller", "evenkeel"]);
  });

  test("a pool that is deleted in the foreground, while its Service is held, makes nothing anew", async () => {
    await rig.applyPool("going", { targetRef: { name: "web" } });
    await messageOf("going", "True/EndpointsReady");
    const service = rig.path("v1", "services", "going");
    const { metadata } = await rig.client.call("PATCH", service, {
      body: { metadata: { finalizers: ["example.com/cloud-load-balancer"] } },
    });
    const since = performance.now();
    await rig.client.call("DELETE", rig.poolPath("going"), {
      body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Foreground" },
    });
    expect(await messageOf("going", "False/PoolTerminating")).toContain("It waits for what it owns to go.");
    // A collector that did not know yet of the slices leaves them until the Service goes.
    const isCollected = async () => {
      const held = (await rig.client.call("GET", service)).metadata;
      expect(held.uid).toBe(metadata.uid);
      return held.deletionTimestamp && !(held.finalizers as string[] | undefined)?.includes("foregroundDeletion");
    };
    await waitFor(isCollected, "the slices to be collected");
    await rig.client.call("PATCH", service, { body: { metadata: { finalizers: null } } });
    const isGone = async (path: string) => (await rig.client.request("GET", path)).status === 404;
    await waitFor(() => isGone(rig.poolPath("going")), "the pool to go");
    expect(await isGone(service)).toBe(true);
    await waitFor(async () => (await rig.slices("going")).length === 0, "the slices to go");
    const made = operator.writes(since).filter(({ verb, resource }) => verb === "create" && resource !== "events");
    expect(made).toEqual([]);
  });
});
