import type { WriteStream } from "node:tty";
import { formatLoad } from "../../../api/format-load.ts";
import { toTime } from "../../../api/time.ts";
import { keyOf } from "../../../key.ts";
import { openScreen } from "../../terminal/screen.ts";
import { oneLine, paint, type StyledLine, span } from "../../terminal/text.ts";
import { toSafeJson } from "./format-document.ts";
import type { PodReport, PoolDetail, PoolReport } from "./report.ts";
import { type Look, partText, showDetail, showPools } from "./show.ts";
import type { Terminal } from "./terminal.ts";

/** What is to be seen now. */
export interface WatchFrame {
  /** The one pool that was asked for, if it is there. */
  readonly detail?: PoolDetail | undefined;
  /** Else all of them. */
  readonly pools?: readonly PoolReport[] | undefined;
  /** What is looked at, in words. */
  readonly subject: string;
  /** Why the figures may be old. */
  readonly trouble?: string | undefined;
  readonly now: number;
}

export interface WatchView {
  show(frame: WatchFrame): void;
  close(): void;
}

const bodyOf = (
  { detail, pools, subject, now }: WatchFrame,
  look: Omit<Look, "now">,
  namespaces: boolean,
): StyledLine[] => {
  if (detail) return showDetail(detail, { ...look, now });
  if (pools && pools.length > 0) return showPools(pools, { ...look, now }, namespaces);
  return [[span(`waiting for ${subject}`, "dim")]];
};

/** The whole terminal, drawn anew in its place; at the end the last picture stays. */
export function createLiveView(
  stream: WriteStream,
  terminal: Terminal,
  { wide, namespaces }: { readonly wide: boolean; readonly namespaces: boolean },
): WatchView {
  const screen = openScreen(stream);
  let last: WatchFrame | undefined;
  const lines = (frame: WatchFrame, columns: number): StyledLine[] => bodyOf(frame, { columns, wide }, namespaces);
  const draw = (): void => {
    if (!last) return;
    const [columns, rows] = [stream.columns || 80, stream.rows || 24];
    const room = Math.max(1, rows - 2);
    const body = lines(last, wide ? Number.POSITIVE_INFINITY : columns);
    const shown =
      body.length > room ? [...body.slice(0, room - 1), [span(`… ${body.length - room + 1} more lines`, "dim")]] : body;
    const foot: StyledLine = last.trouble
      ? [span(`! ${oneLine(last.trouble)}`, "red")]
      : [span(`${toTime(last.now).slice(11, 19)} UTC, Ctrl-C ends`, "dim")];
    const gaps = Array<StyledLine>(Math.max(0, rows - shown.length - 1)).fill([]);
    screen.draw([...shown, ...gaps, foot].slice(0, rows).map((line) => paint(line, columns, terminal.color)));
  };
  stream.on("resize", draw);
  return {
    show(frame) {
      last = frame;
      draw();
    },
    close() {
      stream.off("resize", draw);
      screen.close();
      if (last) terminal.print(lines(last, terminal.columns));
    },
  };
}

const podText = ({ pod, rank, connections, load, weight, full, reason }: PodReport): string => {
  if (rank === undefined) return `${pod} ${reason}`;
  const figures = [
    connections === undefined ? [] : `${connections} conn`,
    load === undefined ? [] : `${load}%`,
    `weight ${weight}`,
    full ? "full for now" : [],
  ].flat();
  return `${pod} ${figures.join(" ")}`;
};

function figuresText(pool: PoolReport): string {
  const { ready, readySet, replicas, recommendedReplicas, scaling } = pool;
  const load = formatLoad(pool);
  return [
    `ready ${partText(ready) ?? "-"}`,
    readySet === undefined ? [] : `set ${partText(readySet)}`,
    replicas === undefined ? [] : `replicas ${replicas}`,
    recommendedReplicas === undefined || recommendedReplicas === replicas ? [] : `recommended ${recommendedReplicas}`,
    load === undefined ? [] : `load ${load}`,
    scaling === undefined || scaling === "Auto" ? [] : `scaling ${scaling}`,
  ]
    .flat()
    .join(", ");
}

/** What is told of a pool, each thing under a name of its own: a line is news when it differs from the last one. */
const tellingsOf = (pool: PoolReport | PoolDetail): Map<string, string> =>
  new Map([
    ["figures", figuresText(pool)],
    ...(pool.lastScale
      ? [["scale", `scaled ${pool.lastScale.from} -> ${pool.lastScale.to}: ${pool.lastScale.message}`] as const]
      : []),
    ...pool.troubles.map(({ type, reason, message }) => [`! ${type}`, `! ${type} ${reason}: ${message}`] as const),
    ...("pods" in pool ? pool.pods.map((pod) => [`pod ${pod.pod}`, podText(pod)] as const) : []),
  ]);

/** What is told when something is no longer there. */
function farewell(name: string): string | undefined {
  if (name.startsWith("! ")) return `${name.slice(2)} is well again`;
  return name.startsWith("pod ") ? `${name.slice(4)} gone` : undefined;
}

/** A line for whatever is new about a pool, each with time and pool. */
export function createLineView(write: (text: string) => void): WatchView {
  const told = new Map<string, ReadonlyMap<string, string>>();
  let trouble: string | undefined;
  return {
    show(frame) {
      const time = `${toTime(frame.now).slice(0, 19)}Z`;
      const say = (what: string, text: string): void => write(`${time}  ${what}  ${oneLine(text)}\n`);
      if (frame.trouble !== trouble) {
        trouble = frame.trouble;
        say("!", trouble ?? "the API server answers again");
      }
      const pools = frame.detail ? [frame.detail] : (frame.pools ?? []);
      const current = new Map(pools.map((pool) => [keyOf(pool), tellingsOf(pool)]));
      for (const [key, tellings] of current) {
        const before = told.get(key);
        for (const [name, line] of tellings) if (before?.get(name) !== line) say(key, line);
        for (const name of before?.keys() ?? []) {
          const last = tellings.has(name) ? undefined : farewell(name);
          if (last !== undefined) say(key, last);
        }
        told.set(key, tellings);
      }
      for (const key of told.keys()) {
        if (current.has(key)) continue;
        told.delete(key);
        say(key, "gone");
      }
    },
    close() {},
  };
}

/** A line of JSON for every pool that changed: its report, or `{namespace, name, gone: true}`. */
export function createJsonView(write: (text: string) => void): WatchView {
  const told = new Map<string, string>();
  return {
    show({ detail, pools = [] }) {
      const seen = new Set<string>();
      for (const pool of detail ? [detail] : pools) {
        const key = keyOf(pool);
        seen.add(key);
        const text = toSafeJson(pool);
        if (told.get(key) !== text) write(`${text}\n`);
        told.set(key, text);
      }
      for (const key of told.keys()) {
        if (seen.has(key)) continue;
        told.delete(key);
        const [namespace, name] = key.split("/");
        write(`${JSON.stringify({ namespace, name, gone: true })}\n`);
      }
    },
    close() {},
  };
}
