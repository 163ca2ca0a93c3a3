import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { findGoProblem } from "./go-build.ts";

const run = promisify(execFile);
const downloadMs = 300_000;

export interface CustomResourceDefinition {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly group: string; readonly names: { readonly kind: string; readonly plural: string } };
}

export type FoundDefinitions =
  | { readonly kind: "ready"; readonly all: readonly CustomResourceDefinition[] }
  | { readonly kind: "missing"; readonly reason: string };

/** A project's own definitions of its kinds, which its Go module has. */
export interface DefinedIn {
  /** As people call it. */
  readonly name: string;
  /** Folder of the Go module that pins it. */
  readonly folder: string;
  /** The module, with its version where the folder's other requirements should not be asked for. */
  readonly module: string;
  readonly files: readonly string[];
}

/** Reads definitions out of the Go module that is pinned, which Go keeps in its cache. */
export async function readDefinitions({ name, folder, module, files }: DefinedIn): Promise<FoundDefinitions> {
  const problem = await findGoProblem(folder, `what ${name}'s definitions are read from`);
  if (problem) return { kind: "missing", reason: problem };
  try {
    const { stdout } = await run("go", ["mod", "download", "-json", module], {
      cwd: folder,
      env: { ...process.env, GOWORK: "off" },
      timeout: downloadMs,
    });
    const { Dir: unpacked } = JSON.parse(stdout) as { Dir: string };
    const texts = await Promise.all(files.map((file) => readFile(join(unpacked, file), "utf8")));
    const all = texts
      .flatMap((text) => parseAllDocuments(text))
      .flatMap((document) => (document.toJS() as CustomResourceDefinition | null) ?? [])
      .filter(({ kind }) => kind === "CustomResourceDefinition");
    return { kind: "ready", all };
  } catch (error) {
    return { kind: "missing", reason: `${name}'s Go module cannot be had: ${String(error)}` };
  }
}
