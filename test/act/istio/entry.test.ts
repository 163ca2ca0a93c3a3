import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentOf, entryName, toEntry, toServiceEntry, toWorkloadEntry } from "../../../src/act/istio/entry.ts";
import type { CarrierSpec } from "../../../src/api/publish-to.ts";
import { pod, pool } from "../../builders/builders.ts";

const carried = { ports: [{ name: "http", port: 8080 }], weight: 80 };

const carrier: CarrierSpec = { type: "Istio", period: 10_000 };
const named = (name: string) => pod(name, { addresses: ["10.1.2.3"] });

describe("the entry of a pod", () => {
  test("outside the mesh says that it takes no mutual TLS, and who it is, to nobody", () => {
    const { metadata, spec } = toWorkloadEntry(pool(), named("web-1"), carried, carrier);
    expect(spec).toEqual({ address: "10.1.2.3", ports: { http: 8080 }, weight: 80 });
    expect(metadata.labels["security.istio.io/tlsMode"]).toBe("disabled");
  });

  test.each([
    ["Sidecar", "istio", undefined],
    ["Ambient", "disabled", "enabled"],
  ] as const)("in the mesh by %s says so", (by, tlsMode, redirection) => {
    const meshed = { ...named("web-1"), mesh: { by, serviceAccount: "web" } };
    const { metadata, spec } = toWorkloadEntry(pool(), meshed, carried, carrier);
    expect(spec).toMatchObject({ serviceAccount: "web" });
    expect(metadata.labels["security.istio.io/tlsMode"]).toBe(tlsMode);
    expect((metadata.annotations as Record<string, unknown>)["ambient.istio.io/redirection"]).toBe(redirection);
  });

  test("has the pod's labels that are asked for, its name in telemetry, and no others", () => {
    const labelled = { ...named("web-1"), labels: { app: "web", version: "v2", team: "a", color: "red" } };
    const { metadata } = toWorkloadEntry(pool(), labelled, carried, { ...carrier, labels: ["version", "nothing"] });
    const { app, team, color, version, ...rest } = metadata.labels;
    expect([app, team, color, version]).toEqual([undefined, undefined, undefined, "v2"]);
    expect(rest).toMatchObject({
      "service.istio.io/canonical-name": "web",
      "service.istio.io/canonical-revision": "v2",
    });
  });

  test.each([
    [{ region: "eu", zone: "eu-1" }, "eu/eu-1"],
    [{ region: "eu" }, "eu"],
    [{ zone: "eu-1" }, undefined],
    [{}, undefined],
  ])("of a node in %o is in %s", (place, locality) => {
    const { spec } = toWorkloadEntry(pool(), { ...named("web-1"), ...place }, carried, carrier);
    expect(spec.locality).toBe(locality);
  });

  test("has a name that no other pod's has, and that the API server takes", () => {
    const long = "p".repeat(200);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "1"), minLength: 1, maxLength: 60 }), (end) => {
        const name = entryName(pool({}, { name: "w".repeat(60) }), { name: `${long}${end}` });
        expect(name.length).toBeLessThanOrEqual(253);
        expect(name).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
        const other = entryName(pool({}, { name: "w".repeat(60) }), { name: `${long}${end}x` });
        expect(other).not.toBe(name);
      }),
    );
  });
});

describe("what selects them", () => {
  test.each([
    ["http", "HTTP"],
    ["grpc-api", "GRPC"],
    ["grpc-web", "GRPC-WEB"],
    ["tcp-db", "TCP"],
    ["metrics", undefined],
    ["httpish", undefined],
  ])("takes a port %s for %s", (name, protocol) => {
    const { spec } = toServiceEntry(pool({ ports: [{ name, port: 9000 }] }), carrier);
    expect(spec.ports).toEqual([{ number: 9000, name, ...(protocol && { protocol }) }]);
  });

  test("selects the pool's entries by the pool's UID", () => {
    const { spec } = toServiceEntry(pool(), { ...carrier, hosts: ["a.example"] });
    const { metadata } = toWorkloadEntry(pool(), named("web-1"), carried, carrier);
    expect(metadata.labels).toMatchObject(spec.workloadSelector.labels);
    expect(spec.hosts).toEqual(["a.example"]);
    const other = toWorkloadEntry(pool({}, { uid: "other" }), named("web-1"), carried, carrier);
    expect(other.metadata.labels).not.toMatchObject(spec.workloadSelector.labels);
  });
});

test("an entry that comes back from the API server, with fields in another order, says the same", () => {
  const written = toWorkloadEntry(pool(), { ...named("web-1"), region: "eu", zone: "eu-1" }, carried, carrier);
  const { spec, metadata, ...rest } = written;
  const back = {
    ...rest,
    metadata: { ...metadata, uid: "1", resourceVersion: "7", annotations: { ...metadata.annotations, other: "x" } },
    spec: Object.fromEntries(Object.entries(spec).reverse()),
  };
  expect(contentOf(toEntry(back))).toBe(contentOf(written));
  expect(contentOf(toEntry({ ...back, spec: { ...spec, weight: 81 } } as typeof back))).not.toBe(contentOf(written));
});
