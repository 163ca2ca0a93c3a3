import { afterAll, beforeAll, expect, test } from "vitest";
import { describeChartOnCluster } from "../tools/chart/describe-chart.ts";
import { renderTexts, setValues } from "../tools/chart/objects.ts";
import { type Choice, everyCombination, switches } from "../tools/chart/switches.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Stands in for a CRD of somebody else's: the API server knows the kind, and takes any fields. */
const standIn = (plural: string, kind: string, group = "monitoring.coreos.com") => ({
  metadata: {
    name: `${plural}.${group}`,
    // Kubernetes keeps groups under its own domain to itself, unless told so.
    annotations: { "api-approved.kubernetes.io": "unapproved, a stand-in" },
  },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        },
      },
    ],
  },
});

const standIns = [
  standIn("servicemonitors", "ServiceMonitor"),
  standIn("prometheusrules", "PrometheusRule"),
  standIn("podmonitors", "PodMonitor"),
  standIn("httproutes", "HTTPRoute", "gateway.networking.k8s.io"),
  standIn("certificates", "Certificate", "cert-manager.io"),
];

/** The same numbers on every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describeChartOnCluster("what the chart renders", (cluster, helm) => {
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
    for (const body of standIns) await client.call("POST", crds, { body });
    for (const { spec } of standIns) {
      const served = async () =>
        (await client.request("GET", `/apis/${spec.group}/v1/${spec.names.plural}`)).status === 200;
      await waitFor(served, `${spec.names.plural} to be served`);
    }
  });

  afterAll(async () => {
    for (const { metadata } of standIns) await client.request("DELETE", `${crds}/${metadata.name}`);
    for (const name of [namespace, ...watched]) await client.request("DELETE", `/api/v1/namespaces/${name}`);
    await client.close();
  });

  test("is taken by the API server under every combination of switches, without a warning", async () => {
    for (const values of everyCombination(watched)) for (const text of await render(values)) texts.add(text);
    const { code, stdout, stderr } = await dryRun([...texts]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(texts.size);
  }, 300_000);

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
  }, 120_000);

  test("would be refused or warned of, were it not restricted", async () => {
    const rendered = await render({ "securityContext.allowPrivilegeEscalation": true });
    const pods = rendered.filter((text) => /^kind: (Deployment|Pod)$/m.test(text));
    expect(pods).toHaveLength(2);
    const { code, stderr } = await dryRun(pods);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Warning: would violate PodSecurity "restricted/);
    expect(stderr).toMatch(/forbidden: violates PodSecurity "restricted/);
  });
});
