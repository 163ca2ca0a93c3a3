/** A piece of SVG. */
export type Mark = string;

/** What a mark is about; its colours follow the reader's scheme. */
export type Tone = "plain" | "strong" | "good" | "out" | "warm";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

interface Palette {
  readonly paper: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly fill: string;
  readonly strong: string;
  readonly strongFill: string;
  readonly good: string;
  readonly goodFill: string;
  readonly warm: string;
  readonly warmFill: string;
}

const light: Palette = {
  paper: "#ffffff",
  text: "#1f2328",
  quiet: "#59636e",
  line: "#818b98",
  fill: "#f6f8fa",
  strong: "#0550ae",
  strongFill: "#ddf4ff",
  good: "#116329",
  goodFill: "#dafbe1",
  warm: "#8a4600",
  warmFill: "#fff1d6",
};

const dark: Palette = {
  paper: "#0d1117",
  text: "#f0f6fc",
  quiet: "#9198a1",
  line: "#7d8590",
  fill: "#161b22",
  strong: "#79c0ff",
  strongFill: "#0c2d4d",
  good: "#56d364",
  goodFill: "#0f2d18",
  warm: "#e3b341",
  warmFill: "#3a2a05",
};

const rulesOf = ({ paper, text, quiet, line, fill, strong, strongFill, good, goodFill, warm, warmFill }: Palette) =>
  [
    `.paper{fill:${paper}}`,
    `text{fill:${text}}`,
    `text.quiet,text.out{fill:${quiet}}`,
    `.shape.plain{fill:${fill};stroke:${line}}`,
    `.shape.out{fill:none;stroke:${line};stroke-dasharray:4 3}`,
    `.shape.strong{fill:${strongFill};stroke:${strong}}`,
    `.shape.good{fill:${goodFill};stroke:${good}}`,
    `.shape.warm{fill:${warmFill};stroke:${warm}}`,
    `text.strong{fill:${strong}}`,
    `text.good{fill:${good}}`,
    `text.warm{fill:${warm}}`,
    `.line{fill:none;stroke:${line}}`,
    `.line.strong{stroke:${strong}}`,
    `.line.good{stroke:${good}}`,
    `.line.warm{stroke:${warm}}`,
    `.tip{fill:${line}}`,
    `.tip.strong{fill:${strong}}`,
    `.tip.good{fill:${good}}`,
    `.tip.warm{fill:${warm}}`,
  ].join("");

const style = [
  `text{font:14px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}`,
  "text.title{font-weight:600}text.small{font-size:12.5px}text.code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12.5px}",
  ".shape,.line{stroke-width:1.5}.dashed{stroke-dasharray:4 3}",
  rulesOf(light),
  `@media (prefers-color-scheme:dark){${rulesOf(dark)}}`,
].join("\n");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export interface Written {
  readonly at: Point;
  readonly anchor?: "start" | "middle" | "end";
  readonly tone?: Tone | "quiet";
  readonly as?: "title" | "small" | "code";
}

/** Lines of text one below the other; `at` is the baseline of the first. */
export const write = (lines: string | readonly string[], { at, anchor = "start", tone = "plain", as }: Written): Mark =>
  [lines]
    .flat()
    .map((line, index) => {
      const classes = [...(tone === "plain" ? [] : [tone]), ...(as ? [as] : [])].join(" ");
      const named = classes === "" ? "" : ` class="${classes}"`;
      return `<text x="${at.x}" y="${at.y + 18 * index}" text-anchor="${anchor}"${named}>${escaped(line)}</text>`;
    })
    .join("\n");

export const rectangle = ({ x, y, width, height }: Area, tone: Tone = "plain", radius = 6): Mark =>
  `<rect class="shape ${tone}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;

/** A rectangle with a title, and lines below it, all in the middle. */
export function box(area: Area, title: string, lines: readonly string[] = [], tone: Tone = "plain"): Mark {
  const x = area.x + area.width / 2;
  const y = area.y + (area.height - 18 * lines.length) / 2 + 5;
  return [
    rectangle(area, tone),
    write(title, { at: { x, y }, anchor: "middle", tone, as: "title" }),
    ...lines.map((line, index) =>
      write(line, { at: { x, y: y + 18 * (index + 1) }, anchor: "middle", tone: "quiet", as: "small" }),
    ),
  ].join("\n");
}

export interface LineLook {
  readonly tone?: Tone;
  readonly dashed?: boolean;
}

const classOf = (name: string, { tone = "plain", dashed = false }: LineLook): string =>
  [name, ...(tone === "plain" ? [] : [tone]), ...(dashed ? ["dashed"] : [])].join(" ");

export const polyline = (points: readonly Point[], look: LineLook = {}): Mark =>
  `<polyline class="${classOf("line", look)}" points="${points.map(({ x, y }) => `${x},${y}`).join(" ")}"/>`;

/** A line through the points, with a tip at the last one. */
export function arrow(points: readonly Point[], look: LineLook = {}): Mark {
  const [before, end] = points.slice(-2) as [Point, Point];
  const length = Math.hypot(end.x - before.x, end.y - before.y);
  const along = { x: (end.x - before.x) / length, y: (end.y - before.y) / length };
  const at = (back: number, aside: number): Point => ({
    x: Math.round(10 * (end.x - back * along.x - aside * along.y)) / 10,
    y: Math.round(10 * (end.y - back * along.y + aside * along.x)) / 10,
  });
  const tip = [end, at(9, 4.5), at(9, -4.5)].map(({ x, y }) => `${x},${y}`).join(" ");
  return [
    polyline([...points.slice(0, -1), at(7, 0)], look),
    `<polygon class="${classOf("tip", { ...(look.tone && { tone: look.tone }) })}" points="${tip}"/>`,
  ].join("\n");
}

export const dot = ({ x, y }: Point, tone: Tone = "plain", radius = 4): Mark =>
  `<circle class="shape ${tone}" cx="${x}" cy="${y}" r="${radius}"/>`;

/** A whole drawing. Its title is read out where the picture cannot be seen. */
export const drawing = (title: string, width: number, height: number, marks: readonly Mark[]): string =>
  [
    "<!-- Generated by `npm run generate` from tools/diagrams. Do not edit. -->",
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>\n${style}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    ...marks,
    "</svg>",
    "",
  ].join("\n");
