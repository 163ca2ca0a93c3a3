import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionReasons } from "../../src/api/reasons.ts";
import { probeFailures } from "../../src/decide/membership/probe-failure.ts";
import { sampleFailures } from "../../src/decide/samples/sample-failure.ts";
import { Plugin } from "../cli/kubectl/plugin.ts";
import { EmbeddedStage, workload } from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { markedBlock, textOf } from "../tools/documents/pages.ts";

const page = "docs/troubleshooting.md";

/** The words in the first column of the tables below a heading. */
function rowsOf(heading: string): string[] {
  const section = textOf(page)
    .split(`\n${heading}\n`)[1]!
    .split(/\n#{2,3} /)[0]!;
  const cells = [...section.matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell!);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word!));
}

describe("the reasons", () => {
  const types = Object.entries(conditionReasons);

  test.each(types)("of %s have a row each, and no other has one", (type, byStatus) => {
    const all = [...new Set(Object.values(byStatus).flatMap((reasons) => Object.keys(reasons)))];
    const ofServices = Object.keys(conditionReasons.Ready.False).filter((reason) =>
      /^(Service|Slice|Publish)/.test(reason),
    );
    // Its Services go wrong as the pool's own does.
    const expected = type === "SplitPublished" ? all.filter((reason) => !ofServices.includes(reason)) : all;
    expect(rowsOf(`### ${type}`).sort()).toEqual(expected.sort());
  });
});

test("every word for why a pod cannot be sampled or probed has a row, and no other", () => {
  const words = new Set([...Object.keys(sampleFailures), ...Object.keys(probeFailures)]);
  const rows = new Set(rowsOf('## The load is unknown, or a pod is "not measured"'));
  expect([...rows].sort()).toEqual([...words].sort());
});

/** What is wrong in each example of the page. */
const examples: Readonly<Record<string, object>> = {
  "wrong-name": { targetRef: { name: "chekout" } },
  "wrong-labels": { targetRef: undefined, selector: { matchLabels: { app: "chekout" } } },
  "wrong-port": { ports: [{ name: "http", port: 80, targetPort: "htpp" }] },
  "other-service": { publish: { service: "mine" } },
  "wrong-metric": { metrics: { source: { http: { port: "metrics", load: { name: "demo_load" } } } } },
  "scaled-by-another": {
    metrics: { source: { http: { port: "metrics", load: { name: "demo_load_percent" } } } },
    scaling: { maxReplicas: 8, maxAverageLoad: 50 },
  },
};

describe("what the page shows", () => {
  let plugin: Plugin;
  beforeAll(async () => {
    plugin = await Plugin.build();
  });
  afterAll(() => plugin.remove());

  test("is what kubectl evenkeel status prints", async () => {
    const stage = await EmbeddedStage.start();
    const config = await plugin.kubeconfig(stage.url, "default");
    const { session } = stage;
    const create = (namespace: string, name: string, changes: object) =>
      session.create(`/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools`, {
        apiVersion: "evenkeel.io/v1alpha1",
        kind: "LoadBalancerPool",
        metadata: { name },
        spec: {
          targetRef: { name: "checkout" },
          strategy: { type: "RoundRobin" },
          ports: [{ name: "http", port: 8080 }],
          ...changes,
        },
      });
    for (const [namespace, changes] of Object.entries(examples)) {
      await session.create("/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace },
      });
      await session.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, workload("checkout", { replicas: 3 }));
      await session.create(`/api/v1/namespaces/${namespace}/services`, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "mine" },
        spec: { selector: { app: "checkout" }, ports: [{ port: 80, targetPort: 8080 }] },
      });
      if (namespace === "scaled-by-another") await create(namespace, "basket", changes);
      await create(namespace, "checkout", changes);
    }
    await stage.startOperator();
    const podName = /checkout-[a-z0-9]+-[a-z0-9]+/g;
    for (const namespace of Object.keys(examples)) {
      const shown = markedBlock(page, "shown", namespace).text.replace(podName, "POD").split("\n");
      const troubles = shown.filter((line) => line.startsWith("! "));
      expect(troubles).toHaveLength(1);
      const isPrinted = async () => {
        const { stdout } = await plugin.run(["status", "checkout", "-n", namespace], { KUBECONFIG: config });
        const printed = stdout.replace(podName, "POD").replaceAll(` ${namespace}`, " shop").split("\n");
        return printed.includes(troubles[0]!);
      };
      await waitFor(isPrinted, `status to print for ${namespace}: ${troubles[0]}`);
    }
  });
});
