import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Cluster } from "../rigs/cluster.ts";
import { describeChartOnCluster } from "../tools/chart/describe-chart.ts";
import { type Kinded, writeSchemas } from "../tools/chart/json-schemas.ts";
import { renderTexts, setValues } from "../tools/chart/objects.ts";
import { type Choice, everyCombination, switches } from "../tools/chart/switches.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { foreignKinds } from "../tools/foreign-kinds.ts";
import { requirePart } from "../tools/require-part.ts";
import { findKubeconform } from "../tools/validators.ts";

// What the chart renders, as an API server takes it that knows others' kinds, too.

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const found = await foreignKinds();
const hasKinds = requirePart(
  `definitions of others' kinds (${found.kind === "missing" ? found.reason : "Go"})`,
  found.kind === "ready",
);
/** ServiceMonitor, Certificate and others, as their projects define them. */
const definitions = found.kind === "ready" ? found.all : [];

const kubeconform = findKubeconform();
const hasKubeconform = requirePart("kubeconform", kubeconform !== undefined);

/** The same numbers on every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

const title = "what the chart renders";
if (hasKinds) describeChartOnCluster(title, suite);
else describe.skip(`${title} (needs Go)`, () => test("is what an API server takes", () => {}));

function suite(cluster: Cluster, helm: string): void {
  let client: TestClient;
  let namespace: string;
  let watched: string[];
  const texts = new Set<string>();

  const render = (values: Choice): Promise<string[]> => renderTexts(helm, { namespace, args: setValues(values) });

  const dryRun = (documents: readonly string[]) => {
    const args = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-"];
    return client.kubectl(args, { input: documents.join("\n---\n") });
  };

  beforeAll(async () => {
    client = new TestClient(cluster);
    namespace = await client.createNamespace("release");
    watched = [await client.createNamespace("watched"), await client.createNamespace("watched")];
    // Pods that restricted would refuse are refused here, and workloads that would make such get a warning.
    const enforce = ["enforce", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]);
    const labels = Object.fromEntries(enforce);
    await client.call("PATCH", `/api/v1/namespaces/${namespace}`, { body: { metadata: { labels } } });
    for (const body of definitions) await client.request("POST", crds, { body });
    for (const { spec } of definitions) {
      const served = async () =>
        (await client.request("GET", `/apis/${spec.group}/v1/${spec.names.plural}`)).status === 200;
      await waitFor(served, `${spec.names.plural} to be served`);
    }
  });

  afterAll(async () => {
    for (const { metadata } of definitions) await client.request("DELETE", `${crds}/${metadata.name}`);
    for (const name of [namespace, ...watched]) await client.request("DELETE", `/api/v1/namespaces/${name}`);
    await client.close();
  });

  test("is taken by the API server under every combination of switches, without a warning", async () => {
    const runs = everyCombination(watched).values();
    const worker = async () => {
      for (const values of runs) for (const text of await render(values)) texts.add(text);
    };
    await Promise.all([worker(), worker(), worker()]);
    const { code, stdout, stderr } = await dryRun([...texts]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(texts.size);
    // A thousand runs of Helm, on whatever machine.
  }, 1_200_000);

  test("holds no object that those combinations left out", async () => {
    const random = numbers(5);
    for (let round = 0; round < 12; round += 1) {
      const chosen = switches(watched).map(
        ({ choices }) => choices[Math.floor(random.next().value * choices.length)] ?? {},
      );
      const values: Choice = Object.assign({}, ...chosen);
      const unseen = (await render(values)).filter((text) => !texts.has(text));
      expect(unseen, JSON.stringify(values)).toEqual([]);
    }
  });

  describe.skipIf(!hasKubeconform)("held to the API server's own schemas by kubeconform", () => {
    let location: string;

    const validate = (documents: readonly string[]) => {
      const args = ["-strict", "-summary", "-output", "json", "-schema-location", location, "-"];
      const { stdout } = spawnSync(kubeconform!, args, { input: documents.join("\n---\n"), encoding: "utf8" });
      return JSON.parse(stdout) as { resources?: readonly { msg: string }[]; summary: Record<string, number> };
    };

    beforeAll(async () => {
      // The API server publishes a kind's schema a while after it serves the kind.
      await waitFor(async () => {
        location = await writeSchemas(
          client,
          [...texts].map((text) => parse(text) as Kinded),
        );
        const { skipped, errors } = validate([...texts]).summary;
        return skipped === 0 && errors === 0;
      }, "the schemas of all kinds");
    });
    afterAll(() => rm(dirname(location), { recursive: true, force: true }));

    test("is valid, with every field that it sets", () => {
      expect(validate([...texts])).toEqual({
        resources: [],
        summary: { valid: texts.size, invalid: 0, errors: 0, skipped: 0 },
      });
    });

    test("would not be with a field that nobody knows, or a number for a text", () => {
      const deployment = [...texts].find((text) => /^kind: Deployment$/m.test(text))!;
      const monitor = [...texts].find((text) => /^kind: ServiceMonitor$/m.test(text))!;
      const spoiled = [
        deployment.replace(/^spec:$/m, "spec:\n  unheardOf: 1"),
        deployment.replace(/^( *)containers:$/m, "$1nodeName: 7\n$1containers:"),
        monitor.replace(/^spec:$/m, "spec:\n  unheardOf: 1"),
      ];
      expect(validate(spoiled).summary).toMatchObject({ valid: 0, invalid: spoiled.length });
    });
  });

  test("would be refused or warned of, were it not restricted", async () => {
    const rendered = await render({ "securityContext.allowPrivilegeEscalation": true });
    const pods = rendered.filter((text) => /^kind: (Deployment|Pod)$/m.test(text));
    expect(pods).toHaveLength(2);
    const { code, stderr } = await dryRun(pods);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Warning: would violate PodSecurity "restricted/);
    expect(stderr).toMatch(/forbidden: violates PodSecurity "restricted/);
  });
}
