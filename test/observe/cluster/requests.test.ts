import { describe, expect, test } from "vitest";
import { toPod } from "../../../src/observe/cluster/project.ts";

const asks = (cpu?: string, memory?: string) => ({
  resources: { requests: { ...(cpu && { cpu }), ...(memory && { memory }) } },
});
const container = (name: string, resources: object = {}) => ({ name, ...resources });

/** What is read of a pod's requests. */
function requestsOf(spec: object, status: object = {}) {
  const raw = { apiVersion: "v1", kind: "Pod", metadata: { name: "web-1", namespace: "shop" }, spec, status };
  const { cpuRequest, memoryRequest, containers } = toPod(raw, false);
  return { cpu: cpuRequest, memory: memoryRequest, containers };
}

describe("a pod asks for", () => {
  test("the sum of what its containers do, and each of them for its own", () => {
    const containers = [container("app", asks("500m", "1Gi")), container("proxy", asks("0.1", "64Mi"))];
    expect(requestsOf({ containers })).toEqual({
      cpu: 600,
      memory: 2 ** 30 + 2 ** 26,
      containers: [
        { name: "app", cpuRequest: 500, memoryRequest: 2 ** 30 },
        { name: "proxy", cpuRequest: 100, memoryRequest: 2 ** 26 },
      ],
    });
  });

  test("nothing of what one of them does not ask for", () => {
    const containers = [container("app", asks("500m", "1Gi")), container("log", asks(undefined, "64Mi"))];
    expect(requestsOf({ containers })).toMatchObject({ cpu: undefined, memory: 2 ** 30 + 2 ** 26 });
  });

  test("what its sidecars do as well, and not what runs before it", () => {
    const containers = [container("app", asks("500m"))];
    const initContainers = [
      { ...container("sidecar", asks("200m")), restartPolicy: "Always" },
      container("migrate", asks("4")),
    ];
    expect(requestsOf({ containers, initContainers })).toMatchObject({
      cpu: 700,
      containers: [{ name: "app" }, { name: "sidecar", cpuRequest: 200 }],
    });
  });

  test("what it does as a whole, whatever its containers do", () => {
    const containers = [container("app", asks("100m", "1Gi")), container("log")];
    expect(requestsOf({ ...asks("1"), containers })).toMatchObject({ cpu: 1_000, memory: undefined });
    expect(requestsOf({ ...asks("1", "2Gi"), containers })).toMatchObject({ cpu: 1_000, memory: 2 ** 31 });
  });

  test("what it has while a resize in place waits, or cannot be", () => {
    const containers = [container("app", asks("2", "1Gi"))];
    const initContainers = [{ ...container("sidecar", asks("1")), restartPolicy: "Always" }];
    const status = {
      containerStatuses: [{ name: "app", ...asks("500m") }],
      initContainerStatuses: [{ name: "sidecar", ...asks("250m") }],
    };
    expect(requestsOf({ containers, initContainers }, status)).toMatchObject({ cpu: 750 });
    expect(requestsOf({ containers }, status)).toMatchObject({ cpu: 500, memory: 2 ** 30 });
    expect(requestsOf({ ...asks("4"), containers }, { ...status, ...asks("3") })).toMatchObject({ cpu: 3_000 });
  });
});
