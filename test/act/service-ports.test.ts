import { describe, expect, test } from "vitest";
import { hasPorts, portsFor } from "../../src/act/service-ports.ts";
import type { Service, ServicePort } from "../../src/decide/claims/places.ts";
import { pool } from "../builders/builders.ts";

const http = { name: "http", port: 8080, protocol: "TCP", targetPort: 8080 };
const admin = { name: "admin", port: 9090, protocol: "TCP", targetPort: 9090 };
const having = (ports: readonly ServicePort[], ...own: readonly string[]) =>
  ({ ports, ownPorts: new Set(own) }) as unknown as Service;

describe("the ports of a pool's own Service", () => {
  test.each<[what: string, ports: readonly ServicePort[], own: readonly string[], wanted: readonly ServicePort[]]>([
    ["are the pool's", [], [], [http]],
    ["keep what a user adds", [http, admin], ["8080/TCP"], [http, admin]],
    ["lose what was the pool's and is no more", [http, admin], ["8080/TCP", "9090/TCP"], [http]],
    [
      "keep their node port",
      [{ ...http, nodePort: 30_080 } as ServicePort],
      [],
      [{ ...http, nodePort: 30_080 } as ServicePort],
    ],
    ["get their name and target back", [{ ...http, name: "web", targetPort: 1 }], ["8080/TCP"], [http]],
    ["get their number back", [{ ...http, port: 80 }], ["8080/TCP"], [http]],
    [
      "are TCP, beside a UDP port of their number",
      [{ ...http, name: "dns", protocol: "UDP" }],
      [],
      [http, { ...http, name: "dns", protocol: "UDP" }],
    ],
  ])("%s", (_, ports, own, wanted) => {
    const given = having(ports, ...own);
    expect(portsFor(pool(), given)).toEqual(wanted);
    expect(hasPorts(having(wanted), portsFor(pool(), having(wanted, ...own.filter((key) => key === "8080/TCP"))))).toBe(
      true,
    );
  });

  test("lead to a port of the pods by its name, and say what is spoken there", () => {
    const named = pool({
      ports: [
        { port: 80, targetPort: "web", appProtocol: "grpc" },
        { name: "raw", port: 81, targetPort: 9100 },
      ],
    });
    const web = { name: "http", port: 80, protocol: "TCP", targetPort: "web", appProtocol: "grpc" };
    const raw = { name: "raw", port: 81, protocol: "TCP", targetPort: 9100 };
    expect(portsFor(named, having([]))).toEqual([web, raw]);
    expect(hasPorts(having([{ ...web, appProtocol: "http" }, raw]), [web, raw])).toBe(false);
  });

  test("keep the protocol that a user gives, and lose the pool's own when the pool says none", () => {
    const given = { ...http, appProtocol: "http" };
    expect(portsFor(pool(), having([given], "8080/TCP"))).toEqual([given]);
    const ours = { ...having([given], "8080/TCP"), ownProtocols: new Set(["8080/TCP"]) } as Service;
    expect(portsFor(pool(), ours)).toEqual([http]);
    expect(hasPorts(ours, portsFor(pool(), ours))).toBe(false);
  });

  test("are as wanted in any order, and not where one differs", () => {
    expect(hasPorts(having([admin, http]), [http, admin])).toBe(true);
    expect(hasPorts(having([http]), [http, admin])).toBe(false);
    expect(hasPorts(having([{ ...http, targetPort: 80 }]), [http])).toBe(false);
    expect(hasPorts(having([{ ...http, name: "web" }]), [http])).toBe(false);
    // As an API server that leaves out defaults would show it.
    expect(hasPorts(having([{ name: "http", port: 8080, targetPort: 8080 }]), [http])).toBe(true);
  });
});
