import { parse } from "yaml";
import { type RenderOptions, renderChart } from "../../../tools/chart/render.ts";
import type { KubeObject } from "../control-plane/client.ts";

/** The objects that the chart renders to, each as the text that Helm printed. */
export async function renderTexts(helm: string, options: RenderOptions = {}): Promise<string[]> {
  const documents = (await renderChart(helm, options)).split(/^---$/m);
  return documents.map((text) => text.trim()).filter((text) => /^[^#\n]/m.test(text));
}

/** What the chart renders to, as objects. */
export async function renderObjects(helm: string, options: RenderOptions = {}): Promise<KubeObject[]> {
  return (await renderTexts(helm, options)).map((text) => parse(text) as KubeObject);
}

/** Values as arguments of Helm: `{"page.enabled": true}`. */
export const setValues = (values: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => ["--set-json", `${name}=${JSON.stringify(value)}`]);
