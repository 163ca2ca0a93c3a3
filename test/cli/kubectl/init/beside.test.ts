import { expect, test } from "vitest";
import { type Beside, portsOf } from "../../../../src/cli/kubectl/init/beside.ts";
import type { LookedAtPod } from "../../../../src/cli/kubectl/init/pods.ts";

const nothing: Beside = {
  services: [],
  isTaken: () => false,
  autoscalers: [],
  pools: [],
  hasPools: true,
  missingRights: [],
};

const podWith = (ports: Readonly<Record<string, number>>): LookedAtPod => ({
  name: "checkout-1",
  labels: {},
  annotations: {},
  isRunning: true,
  isReady: true,
  containers: ["checkout"],
  asksForCpu: false,
  processors: [],
  ports: Object.entries(ports).map(([name, port]) => ({ name, port, container: "checkout" })),
});

test.each(["metrics", "http-metrics", "https-metrics", "metrics-https", "http-envoy-prom"])(
  "traffic goes to no port that is named %s, though it begins as one that takes some",
  (name) => {
    const ports = portsOf(nothing, podWith({ [name]: 9090, tcp: 8080 }), 9090);
    expect(ports.map(({ port }) => port)).toEqual([8080]);
  },
);

test("the port of the page takes traffic where its name says so", () => {
  const ports = portsOf(nothing, podWith({ http: 8080, tcp: 9000 }), 8080);
  expect(ports.map(({ port }) => port)).toEqual([8080, 9000]);
});
