import { readPage } from "../../../src/propose/page.ts";
import { type Found, recognise } from "../../../src/propose/recognise.ts";

export const recognised = (body: Buffer | string) => recognise(readPage(Buffer.from(body))!);

/** A figure as `name{label="value"} - minus /s of capacity`. */
export function told(found: Found | undefined): string | undefined {
  if (!found) return undefined;
  const { at, matchLabels = {}, match = {}, capacity, known, isProcessorTime } = found;
  const labels = [
    ...Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`),
    ...Object.entries(match).map(([name, value]) => `${name}~${value.length > 20 ? "…" : value}`),
  ].join();
  return [
    `${at.name}${labels && `{${labels}}`}`,
    at.minus && `- ${at.minus}`,
    known.rate && "/s",
    known.unit,
    isProcessorTime && "of CPU",
    capacity && `of ${capacity.value}`,
  ]
    .filter(Boolean)
    .join(" ");
}

export const toldOf = (body: Buffer | string) =>
  Object.fromEntries(Object.entries(recognised(body).found).map(([figure, found]) => [figure, told(found)]));

/** `TYPE name value` lines, with labels behind the name where there are any. */
export const page = (...lines: readonly string[]): string =>
  lines
    .map((line) => {
      const [type, series, value] = line.split(/ (?=[^ {]*(?:\{.*\})? ?)/);
      const name = series!.replace(/\{.*/, "");
      if (type === "histogram") return `# TYPE ${name} histogram\n${name}_sum 1.5\n${name}_count ${value}\n`;
      return `# TYPE ${name} ${type}\n${series} ${value}\n`;
    })
    .join("");
