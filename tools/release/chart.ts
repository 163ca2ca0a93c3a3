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

/** A text in which the operator's image is pulled from where it is published. */
export const runFrom = (text: string, image: string | undefined): string =>
  image ? text.replaceAll(/(?<=image: )evenkeel(?=:[0-9])/g, image) : text;

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

/** Texts of the chart that say where something is, with the addresses filled in. */
const filled: Readonly<Record<string, (text: string, addresses: Addresses) => string>> = {
  "Chart.yaml": (text, { repository, image }) => {
    if (!repository) return runFrom(text, image);
    const chart = parseDocument(runFrom(text, image));
    addSource(chart, repository);
    return chart.toString({ lineWidth: 0 });
  },
  "values.yaml": (text, { image }) => (image ? text.replace(/^( {2}repository: )evenkeel$/m, `$1${image}`) : text),
  "values.schema.json": (text, { image }) =>
    image ? text.replace(/("repository": \{[^}]*"default": ")evenkeel(?=")/, `$1${image}`) : text,
  "README.md": (text, { image }) =>
    image ? text.replace(/^(\| `image\.repository` \|.*`")evenkeel("`)/m, `$1${image}$2`) : text,
};

async function readChartFile(name: string, addresses: Addresses): Promise<Buffer> {
  const content = await readFile(join(chartFolder, name));
  const fill = filled[name];
  return fill ? Buffer.from(fill(content.toString(), addresses)) : content;
}

/** The archive that Helm installs: what `helm package` makes, but the same for the same files. */
export async function packChart(addresses: Addresses): Promise<Buffer> {
  const entries = (await listFiles()).map(async (name) => ({
    name: `evenkeel/${name}`,
    content: await readChartFile(name, addresses),
  }));
  return archive(await Promise.all(entries));
}
