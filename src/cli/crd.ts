import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { stringify } from "yaml";
import { crd, poolSchema } from "../api/crd.ts";
import { describeFields } from "../api/reference.ts";
import { UsageError } from "./flags/flag.ts";

const generated = "Generated from src/api by `npm run generate`. Do not edit.";

const toYaml = (value: unknown): string => stringify(value, { lineWidth: 110, aliasDuplicateObjects: false });

const text = (): string => `# ${generated}\n${toYaml(crd())}`;

/** The CRD as a template of the chart: Helm never upgrades what lies in a chart's folder `crds`. */
function chartTemplate(): string {
  const { apiVersion, kind, metadata, spec } = crd();
  // Helm would take braces in a description for an instruction of its own.
  const body = toYaml({ spec }).replaceAll("{{", '{{ "{{" }}');
  return `# ${generated}
{{- if .Values.crds.enabled }}
apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${metadata.name}
  labels:
    {{- include "evenkeel.labels" . | nindent 4 }}
  {{- $policy := ternary (dict "helm.sh/resource-policy" "keep") dict .Values.crds.keep }}
  {{- include "evenkeel.annotations" (list $ .Values.crds.annotations $policy) }}
${body}{{- end }}
`;
}

const reference = (): string => `<!-- ${generated} -->\n${describeFields(poolSchema())}`;

interface CrdOptions {
  readonly write: boolean;
  readonly check: boolean;
}

const files = [
  { path: "../../manifests/crd.yaml", content: text },
  { path: "../../charts/evenkeel/templates/crd.yaml", content: chartTemplate },
  { path: "../../docs/reference.md", content: reference },
].map(({ path, content }) => ({ url: new URL(path, import.meta.url), content }));

/** Prints the CRD; with `write` puts what follows from it into manifests/, the chart and docs/, with `check` fails if a file there is not fresh. */
export async function printCrd({ write, check }: CrdOptions): Promise<void> {
  if (write && check) throw new UsageError("--write and --check exclude each other");
  if (write) {
    for (const { url, content } of files) await writeFile(url, content());
  } else if (check) {
    for (const { url, content } of files) {
      const fresh = (await readFile(url, "utf8").catch(() => "")) === content();
      if (!fresh) throw new UsageError(`${basename(url.pathname)} is not fresh: run \`npm run generate\``);
    }
  } else {
    process.stdout.write(text());
  }
}
