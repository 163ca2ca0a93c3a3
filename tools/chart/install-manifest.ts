import { parseAllDocuments, stringify } from "yaml";
import { renderChart } from "./render.ts";

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

const namespace = "evenkeel";

/** Labels by which Helm knows its own. */
const helmLabels = ["app.kubernetes.io/managed-by", "helm.sh/chart"];

/** Takes Helm's labels off the object and off the pods that it makes. */
const withoutHelmLabels = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutHelmLabels);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !helmLabels.includes(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutHelmLabels(inner)]));
};

/** `kubectl apply` makes objects in this order: kinds before what is of them, accounts before what uses them. */
const order = ["Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "Role"];
const placeOf = ({ kind }: Manifest): number => (order.includes(kind) ? order.indexOf(kind) : order.length);

/** Text of manifests/install.yaml: the chart with its default values, for those without Helm. */
export async function installManifest(helm: string): Promise<string> {
  // Nothing uninstalls this but whoever applied it.
  const rendered = await renderChart(helm, { namespace, args: ["--skip-tests", "--set", "crds.keep=false"] });
  const objects = parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
  const home: Manifest = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  };
  const keyOf = (object: Manifest) => `${object.kind}/${object.metadata.name}`;
  const sorted = [home, ...objects].sort((a, b) => placeOf(a) - placeOf(b) || keyOf(a).localeCompare(keyOf(b), "en"));
  const texts = sorted.map((object) =>
    // kubectl reads YAML 1.1, in which a plain `no` is false.
    stringify(withoutHelmLabels(object), { version: "1.1", lineWidth: 110, aliasDuplicateObjects: false }),
  );
  return `# Generated from charts/evenkeel by \`npm run generate\`. Do not edit.\n${texts.join("---\n")}`;
}
