import { readdir, readFile } from "node:fs/promises";
import { join, matchesGlob, relative, sep } from "node:path";
import { type Document, parseDocument, stringify } from "yaml";
import { chartFolder } from "../chart/render.ts";
import type { Addresses } from "./address.ts";
import { archive } from "./archive.ts";

async function listFiles(): Promise<string[]> {
  const ignored = (await readFile(join(chartFolder, ".helmignore"), "utf8")).split("\n").filter(Boolean);
  const entries = await readdir(chartFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && !ignored.some((pattern) => matchesGlob(entry.name, pattern)),
  );
  return files.map(({ parentPath, name }) => relative(chartFolder, join(parentPath, name)).replaceAll(sep, "/")).sort();
}

/** Where the chart comes from, as Helm and Artifact Hub tell it. */
function addSource(chart: Document, repository: string): void {
  chart.set("home", repository);
  chart.set("sources", [repository]);
  const links = [
    { name: "source", url: repository },
    { name: "support", url: `${repository}/issues` },
  ];
  chart.setIn(["annotations", "artifacthub.io/links"], stringify(links));
}

async function readChart({ repository }: Addresses): Promise<Buffer> {
  const text = await readFile(join(chartFolder, "Chart.yaml"), "utf8");
  if (!repository) return Buffer.from(text);
  const chart = parseDocument(text);
  addSource(chart, repository);
  return Buffer.from(chart.toString({ lineWidth: 0 }));
}

/** The archive that Helm installs: what `helm package` makes, but the same for the same files. */
export async function packChart(addresses: Addresses): Promise<Buffer> {
  const entries = (await listFiles()).map(async (name) => ({
    name: `evenkeel/${name}`,
    content: name === "Chart.yaml" ? await readChart(addresses) : await readFile(join(chartFolder, name)),
  }));
  return archive(await Promise.all(entries));
}
