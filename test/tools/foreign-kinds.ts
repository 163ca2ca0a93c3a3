import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CustomResourceDefinition, type FoundDefinitions, readDefinitions } from "./module-definitions.ts";

const folder = join(import.meta.dirname, "foreign-kinds");

const monitoring = "example/prometheus-operator-crd/monitoring.coreos.com";

/** By Go module: the files with the kinds of others that the chart can write. */
const modules: Readonly<Record<string, { readonly name: string; readonly files: readonly string[] }>> = {
  "github.com/prometheus-operator/prometheus-operator": {
    name: "Prometheus Operator",
    files: ["servicemonitors", "podmonitors", "prometheusrules"].map((plural) => `${monitoring}_${plural}.yaml`),
  },
  "github.com/cert-manager/cert-manager": {
    name: "cert-manager",
    files: ["deploy/crds/cert-manager.io_certificates.yaml"],
  },
  "sigs.k8s.io/gateway-api": {
    name: "Gateway API",
    files: ["config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"],
  },
};

/** The real definitions of ServiceMonitor, PodMonitor, PrometheusRule, Certificate and HTTPRoute. */
export async function foreignKinds(): Promise<FoundDefinitions> {
  const pinned = readFileSync(join(folder, "go.mod"), "utf8");
  const all: CustomResourceDefinition[] = [];
  for (const [module, { name, files }] of Object.entries(modules)) {
    const version = new RegExp(`^\\s*${module} (\\S+)`, "m").exec(pinned)?.[1];
    const found = await readDefinitions({ name, folder, module: `${module}@${version}`, files });
    if (found.kind === "missing") return found;
    all.push(...found.all);
  }
  return { kind: "ready", all };
}
