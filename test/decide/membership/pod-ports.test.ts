import { describe, expect, test } from "vitest";
import { poolPort, portFinder } from "../../../src/decide/membership/pod-ports.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { DeclaredPort, Observation, Pod } from "../../../src/decide/world.ts";
import { observation, pod, pool, unmeasured } from "../../builders/builders.ts";

const byName = pool({ ports: [{ name: "web", port: 80, targetPort: "http" }] });
const declaring = (...ports: readonly DeclaredPort[]): Pick<Pod, "ports"> => ({ ports });
const http = (port: number): DeclaredPort => ({ name: "http", port });
const at = (port: number, name = "web") => [{ name, port }];

describe("the ports of a pool on a pod", () => {
  test("are at the number that the pod declares under the name, the first if it does so twice", () => {
    const find = portFinder(byName.spec.ports);
    expect(find(pod("web-1")).ports).toEqual(at(8080));
    expect(find(pod("web-2", declaring(http(8090), http(9000)))).ports).toEqual(at(8090));
    expect(find(pod("web-3", declaring({ port: 80 })))).toMatchObject({
      lacks: { port: "http", field: "spec.ports[0].targetPort" },
    });
  });

  test("are by number those that the spec tells itself", () => {
    const two = pool({
      ports: [
        { port: 80, targetPort: 8080 },
        { name: "admin", port: 9090 },
      ],
    });
    const find = portFinder(two.spec.ports);
    const both = declaring(http(8080), { port: 9090 });
    expect(find(pod("web-1", both))).toEqual({ ports: [...at(8080, "http"), ...at(9090, "admin")], isGiven: true });
    expect(find(pod("web-1"))).toEqual({ isGiven: false, lacks: { port: "9090", field: "spec.ports[1].port" } });
  });

  test("are what a published pod has of them when the spec gets one more; a new pod has to have all", () => {
    const { spec } = pool({ ports: [{ port: 8080 }, { name: "admin", port: 9090 }] });
    const find = portFinder(spec.ports, new Map([["uid-web-1", at(8080, "http")]]));
    const lacks = { port: "9090", field: "spec.ports[1].port" };
    expect(find(pod("web-1"))).toEqual({ ports: at(8080, "http"), isGiven: false, lacks });
    expect(find(pod("web-2"))).toEqual({ isGiven: false, lacks });
    expect(find(pod("web-3", declaring(http(8080), { port: 9090 })))).toMatchObject({ isGiven: true });
  });

  test("are the same list for pods with the same numbers", () => {
    const find = portFinder(byName.spec.ports);
    expect(find(pod("web-1")).ports).toBe(find(pod("web-2")).ports);
  });

  test("stay where they are published while the pod declares them there, whatever the spec says now", () => {
    const find = portFinder(
      pool({ ports: [{ name: "web", port: 8090 }] }).spec.ports,
      new Map([
        ["uid-web-1", at(8080)],
        ["uid-web-2", at(22)],
        ["uid-web-3", at(8080, "other")],
      ]),
    );
    const lacks = { port: "8090", field: "spec.ports[0].port" };
    expect(find(pod("web-1"))).toEqual({ ports: at(8080), isGiven: false, lacks });
    // What somebody wrote into a slice leads nowhere that the pod does not declare.
    expect(find(pod("web-2"))).toEqual({ isGiven: false, lacks });
    // The port had another name when it was published.
    expect(find(pod("web-3"))).toEqual({ ports: at(8080), isGiven: false, lacks });
    expect(find(pod("web-4", declaring(http(8090))))).toEqual({ ports: at(8090), isGiven: true });
  });
});

test("a port of the pool goes by its name or by the Service's number", () => {
  const { ports } = byName.spec;
  expect(poolPort(ports, undefined)).toBe(ports[0]);
  expect(poolPort(ports, "web")).toBe(ports[0]);
  expect(poolPort(ports, "80")).toBe(ports[0]);
  expect(poolPort(ports, "8080")).toBeUndefined();
});

describe("a rollout that moves the port", () => {
  const moved = pool({ ports: [{ name: "web", port: 8090 }] });
  const portsInForce = new Map([
    ["uid-web-1", at(8080)],
    ["uid-web-2", at(8080)],
  ]);
  const seen = (changes: Partial<Observation>) =>
    plan(observation({ pool: moved, portsInForce, pods: [unmeasured("web-1"), unmeasured("web-2")], ...changes })).plan;
  const ready = ({ verdicts }: ReturnType<typeof seen>) => verdicts.find(({ type }) => type === "Ready");

  test("by number keeps the old pods at the old one until they go", () => {
    const next = unmeasured("web-3", declaring(http(8090)));
    const { endpoints, members, excluded } = seen({ pods: [unmeasured("web-1"), unmeasured("web-2"), next] });
    expect(endpoints.map(({ pod: name, ports }) => [name, ports[0]!.port]).sort()).toEqual([
      ["web-1", 8080],
      ["web-2", 8080],
      ["web-3", 8090],
    ]);
    expect(members.every(({ isIn }) => isIn)).toBe(true);
    expect(excluded).toEqual([]);
  });

  test("is told, with the field and a pod", () => {
    const next = unmeasured("web-3", { ...declaring(http(8090)), ready: false });
    expect(ready(seen({ pods: [unmeasured("web-1"), unmeasured("web-2"), next] }))).toMatchObject({
      status: "True",
      reason: "PortsHeld",
      message:
        "2 endpoints take traffic, 2 of them at the ports that they were published with before. web-1 declares no port 8090 (spec.ports[0].port). web-1 declares http 8080.",
    });
  });

  test("to where no pod goes is a mistake: what is published stays, and the pool is not Ready", () => {
    const mistaken = seen({});
    expect(mistaken.endpoints).toHaveLength(2);
    expect(ready(mistaken)).toMatchObject({
      status: "False",
      reason: "PortNotDeclared",
      message: expect.stringContaining(
        "No pod declares port 8090 (spec.ports[0].port). Correct spec.ports, or declare the port in the pods' containers.",
      ),
    });
  });

  test("by name needs nothing of that", () => {
    const pods = [unmeasured("web-1"), unmeasured("web-2", declaring(http(8090)))];
    const { endpoints, verdicts } = plan(observation({ pool: byName, pods })).plan;
    expect(endpoints.map(({ pod: name, ports }) => [name, ports]).sort()).toEqual([
      ["web-1", at(8080)],
      ["web-2", at(8090)],
    ]);
    expect(verdicts[0]).toMatchObject({ status: "True", reason: "EndpointsReady" });
  });

  test("leaves out a pod without the port, and says which and where it is named", () => {
    const pods = [unmeasured("web-1"), unmeasured("web-2", declaring({ name: "metrics", port: 9100 }))];
    const { endpoints, verdicts } = plan(observation({ pool: byName, pods })).plan;
    expect(endpoints.map(({ pod: name }) => name)).toEqual(["web-1"]);
    expect(verdicts[0]).toMatchObject({
      status: "True",
      reason: "PortNotDeclared",
      message:
        "1 endpoint takes traffic, 1 pod does not: web-2 declares no port http (spec.ports[0].targetPort). web-2 declares metrics 9100.",
    });
  });
});
