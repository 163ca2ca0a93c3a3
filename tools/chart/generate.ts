import { stringify } from "yaml";
import { credentialsPolicy } from "../../src/api/credentials-policy.ts";
import { findHelm, findOrBuildHelm } from "../../test/tools/helm.ts";
import { check, type GeneratedFile, generate, write } from "../generated.ts";
import { dashboard } from "./dashboard.ts";
import { installManifest } from "./install-manifest.ts";
import { rbacTable } from "./rbac-table.ts";
import { withValuesTable } from "./readme.ts";
import { values } from "./values.ts";
import { valuesFile } from "./values-file.ts";
import { valuesSchema } from "./values-schema.ts";

// Writes what is generated for and from the chart; with --check, fails if a file is not fresh.

const toJson = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

const files: readonly GeneratedFile[] = [
  { path: "charts/evenkeel/values.yaml", text: () => valuesFile(values.parse({})) },
  { path: "charts/evenkeel/values.schema.json", text: () => toJson(valuesSchema()) },
  { path: "charts/evenkeel/README.md", text: withValuesTable },
  { path: "charts/evenkeel/files/dashboard.json", text: () => toJson(dashboard()) },
  {
    path: "charts/evenkeel/files/credentials-policy.yaml",
    text: () =>
      `# Generated from src/api by \`npm run generate\`. Do not edit.\n${stringify(credentialsPolicy, { lineWidth: 0 })}`,
  },
  { path: "docs/rbac.md", text: rbacTable },
];

const installFile = "manifests/install.yaml";

/** Only Helm can render the chart; what could not be checked is said, and is an error where everything is required. */
function skipInstallFile(verb: string, reason: string): void {
  console.error(`${installFile} was NOT ${verb}: ${reason}`);
  if (process.env.EVENKEEL_REQUIRE === "all") process.exitCode = 1;
}

const done = await generate(files);
if (done === "write") {
  const helm = await findOrBuildHelm();
  if (helm.kind === "ready") await write({ path: installFile, text: () => installManifest(helm.path) });
  else skipInstallFile("written", helm.reason);
} else if (done === "check") {
  const helm = findHelm();
  if (helm) await check({ path: installFile, text: () => installManifest(helm) });
  else skipInstallFile("checked", "Helm is not here; `npm run generate` builds it");
}
