import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Metafile } from "esbuild";
import { root } from "./bundling.ts";

/** A package of which something is inside a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As its manifest has it, mostly an expression of SPDX. */
  readonly license: string | undefined;
  readonly folder: string;
  /** Under `node_modules`, as the lock names it. */
  readonly place: string;
  /** Names of the bundles that hold some of it. */
  readonly bundles: readonly string[];
}

/** Checked-in files that were made of packages' files, which no bundler can know. */
const madeOf: Readonly<Record<string, readonly string[]>> = {
  // The .proto files of the Envoy API, of xDS, and of gRPC's health service.
  "src/serve/grpc/descriptor.json": ["node_modules/@grpc/grpc-js-xds", "node_modules/grpc-health-check"],
};

const folderOf = (input: string): string | undefined => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];

/** The folders of packages that gave at least one byte: what was read and shaken off again is in no bundle. */
function foldersIn({ outputs }: Metafile): ReadonlySet<string> {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return new Set(used.flatMap(([input]) => madeOf[input] ?? folderOf(input) ?? []));
}

/** What is inside the bundles, given by name, in the order of the packages' names. */
export async function packagesIn(metafiles: Readonly<Record<string, Metafile>>): Promise<BundledPackage[]> {
  const bundlesOf = new Map<string, string[]>();
  for (const [bundle, metafile] of Object.entries(metafiles))
    for (const folder of foldersIn(metafile)) bundlesOf.set(folder, [...(bundlesOf.get(folder) ?? []), bundle]);
  const packages = [...bundlesOf].map(async ([relative, bundles]): Promise<BundledPackage> => {
    const folder = resolve(root, relative);
    const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const place = relative.slice(relative.indexOf("node_modules/"));
    return { name, version, license: typeof license === "string" ? license : undefined, folder, place, bundles };
  });
  const key = ({ name, version }: BundledPackage): string => `${name} ${version}`;
  return (await Promise.all(packages)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
