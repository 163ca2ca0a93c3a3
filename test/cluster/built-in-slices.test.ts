import { afterAll, beforeAll, expect, test } from "vitest";
import type { Slice } from "../../src/act/slice.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { podPath, setReady } from "../rigs/pods/pod-status.ts";
import { Rig } from "../rigs/rig.ts";
import { type KubeObject, strategicMergePatch } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

// Kubernetes' own controller says what slices have of the same pods: first it publishes them on a Service, then the pool
// does, on one of the same name and settings.

interface ServiceCase {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const http = { name: "web", port: 80, targetPort: "http", appProtocol: "kubernetes.io/h2c" };
const one = (name: string, spec: object = {}, annotations?: ServiceCase["annotations"]): ServiceCase => ({
  name,
  spec: { ports: [http], ...spec },
  ...(annotations && { annotations }),
});
const both = { ipFamilyPolicy: "RequireDualStack" };

const services: readonly ServiceCase[] = [
  one("plain"),
  one("several", { ports: [http, { name: "side", port: 81, targetPort: "side" }, { name: "raw", port: 9100 }] }),
  one("crew", { clusterIP: "None", ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] }),
  one("close", { trafficDistribution: "PreferClose" }),
  one("zonal", { trafficDistribution: "PreferSameZone" }),
  one("nodal", { trafficDistribution: "PreferSameNode" }),
  one("dual", both),
  one("dual-nodal", { ...both, trafficDistribution: "PreferSameNode" }),
  one("dual-crew", { ...both, clusterIP: "None" }),
  one("sixth", { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv6"] }),
];

/** What consumers read of slices, whatever their number and names. */
const told = (slices: readonly Slice[]) =>
  slices
    .flatMap(({ addressType, endpoints, ports }) =>
      (endpoints ?? []).map((endpoint) => ({
        addressType,
        ...endpoint,
        ports: [...ports].sort((a, b) => (a.name < b.name ? -1 : 1)),
      })),
    )
    .sort((a, b) => (a.addressType + a.targetRef.name < b.addressType + b.targetRef.name ? -1 : 1));

describeCluster("slices beside those of Kubernetes' own controller", { needs: ["endpoint controllers"] }, (cluster) => {
  let rig: Rig;
  const oracle = new Map<string, ReturnType<typeof told>>();
  const pods: string[] = [];

  const pod = (name: string, number: number, spec: object = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "crew" } },
    spec: {
      initContainers: [
        {
          name: "sidecar",
          image: "example.invalid/side:1",
          restartPolicy: "Always",
          ports: [{ name: "side", containerPort: number + 1 }],
        },
      ],
      containers: [
        {
          name: "app",
          image: "example.invalid/app:1",
          ports: [
            { name: "http", containerPort: number },
            { name: "raw", containerPort: 9100 },
          ],
        },
      ],
      ...spec,
    },
  });

  const serviceOf = ({ name, spec, annotations }: ServiceCase, more: object, others: object = {}) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, annotations: { ...annotations, ...others } },
    spec: { ...spec, ...more },
  });
  const servicesPath = () => rig.path("v1", "services");

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    const made: readonly [string, KubeObject["spec"]][] = [
      ["a", { hostname: "first", subdomain: "crew" }],
      ["b", { hostname: "second", subdomain: "dual-crew" }],
      ["c", { hostname: "third", subdomain: "elsewhere" }],
      ["d", { subdomain: "crew" }],
      ["e", {}],
    ];
    for (const [index, [name, spec]] of made.entries()) {
      pods.push(name);
      const body = pod(name, index % 2 === 0 ? 8080 : 8090, spec);
      await rig.client.call("POST", rig.path("v1", "pods"), { body });
    }
    const ready = await rig.waitForPods("crew", pods.length);
    for (const [index, { name, address }] of ready.entries()) {
      // One pod of the cluster has one family alone.
      if (name === "e") continue;
      const podIPs = [{ ip: address }, { ip: `fd00:244::${index + 1}` }];
      await rig.client.call("PATCH", `${podPath({ namespace: rig.namespace, name })}/status`, {
        contentType: strategicMergePatch,
        body: { status: { podIPs } },
      });
    }
    await setReady(rig.client, { namespace: rig.namespace, name: "b" }, false);
    // Zones are nodes', which an operator of some namespaces does not read.
    await rig.startOperator({ namespaces: undefined });
  });
  afterAll(() => rig?.stop());

  test("there are such", async () => {
    for (const service of services)
      await rig.client.call("POST", servicesPath(), { body: serviceOf(service, { selector: { app: "crew" } }) });
    const families = (all: readonly Slice[]) => new Set(all.map(({ addressType }) => addressType));
    for (const { name, spec } of services) {
      const isFull = async () => {
        const slices = await rig.slices(name);
        const count = spec.ipFamilyPolicy === "RequireDualStack" ? 9 : spec.ipFamilies?.toString() === "IPv6" ? 4 : 5;
        const seen = told(slices);
        const isSettled = seen.some(({ targetRef, conditions }) => targetRef.name === "b" && !conditions.ready);
        return seen.length === count && isSettled && families(slices).size > 0 && seen;
      };
      oracle.set(name, await waitFor(isFull, `Kubernetes to publish on ${name}`));
    }
    for (const { name } of services) await rig.client.call("DELETE", `${servicesPath()}/${name}`);
    await waitFor(
      async () => (await Promise.all(services.map(({ name }) => rig.slices(name)))).flat().length === 0,
      "Kubernetes' slices to go",
    );
    const hints = [...oracle.values()].flat().filter((endpoint) => endpoint.hints);
    const hostnames = [...oracle.values()].flat().flatMap(({ hostname }) => hostname ?? []);
    expect(hints.length).toBeGreaterThan(10);
    expect(new Set(hostnames)).toEqual(new Set(["first", "second"]));
  });

  test.each(services.map((service) => [service.name, service] as const))(
    "a pool's say the same on %s",
    async (name, service) => {
      await rig.client.call("POST", servicesPath(), { body: serviceOf(service, {}, { "evenkeel.io/pool": name }) });
      const given = (service.spec.ports as (typeof http)[]).map(({ appProtocol: _, ...port }) => ({
        ...port,
        ...(port.targetPort ? {} : { targetPort: "raw" }),
      }));
      await rig.apply(rig.poolPath(name), {
        apiVersion: "evenkeel.io/v1alpha1",
        kind: "LoadBalancerPool",
        metadata: { name },
        spec: { selector: { matchLabels: { app: "crew" } }, ports: given, strategy: { type: "RoundRobin" } },
      });
      const wanted = oracle.get(name)!;
      let seen: ReturnType<typeof told> = [];
      const isSame = async () => {
        seen = told(await rig.slices(name));
        return JSON.stringify(sorted(seen)) === JSON.stringify(sorted(wanted));
      };
      await waitFor(isSame, `the pool to publish on ${name}`, { timeoutMs: 20_000 }).catch(() => undefined);
      expect(seen).toEqual(wanted);
    },
  );
});

/** With the fields of objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)]),
  );
}
