import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { root } from "../bundle/bundling.ts";
import type { Platform } from "../executable/fetch-node.ts";
import type { Addresses } from "./address.ts";

/** Checksums of the archives. */
export interface PluginSums {
  readonly script: string;
  readonly executables: Partial<Readonly<Record<Platform, string>>>;
}

/** A platform in the words of Go, which are Krew's. */
const goNames: Readonly<Record<Platform, { readonly os: string; readonly arch: string }>> = {
  "linux-x64": { os: "linux", arch: "amd64" },
  "linux-arm64": { os: "linux", arch: "arm64" },
};

interface KrewPlatform {
  readonly uri: string;
  readonly files: readonly { readonly from: string; readonly to: string }[];
}

/** Each executable for its platform, and the script for all others: no two of them may match the same. */
function platformsOf(script: KrewPlatform, executables: PluginSums["executables"]): object[] {
  const own = (Object.keys(executables) as Platform[]).sort();
  const expression = (key: string, operator: string, values: readonly string[]) => ({ key, operator, values });
  const arches = own.map((platform) => goNames[platform].arch);
  const others = [
    [expression("os", "In", ["darwin"])],
    [expression("os", "In", ["linux"]), expression("arch", "NotIn", arches)],
  ];
  return [
    ...own.map((platform) => ({
      ...script,
      selector: { matchLabels: goNames[platform] },
      uri: script.uri.replace(/\.tar\.gz$/, `-${platform}.tar.gz`),
      sha256: executables[platform],
      files: [...script.files, { from: "LICENSE.node", to: "." }],
    })),
    ...others.map((matchExpressions) => ({ ...script, selector: { matchExpressions } })),
  ];
}

const scriptAlone = (caveats: string): string =>
  caveats.replace(/^On Linux .* Elsewhere it is a script,/s, "It is a script,");

/** The plugin's manifest for Krew, filled in as far as the addresses are known. */
export async function fillKrew(sums: PluginSums, { repository, releases }: Addresses): Promise<string> {
  const template = await readFile(join(root, "manifests", "krew.yaml"), "utf8");
  const document = parseDocument(template.replace("{{ sha256 }}", sums.script));
  if (Object.keys(sums.executables).length > 0) {
    const [script] = document.toJS().spec.platforms;
    document.setIn(["spec", "platforms"], platformsOf(script, sums.executables));
  } else document.setIn(["spec", "caveats"], scriptAlone(document.toJS().spec.caveats));
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  if (!releases) return text;
  const filled = text.replace(/^(#.*\n)+/, "").replaceAll("{{ releases }}", releases);
  return repository ? filled.replace("{{ repository }}", repository) : filled.replace(/^ *homepage:.*\n/m, "");
}
