import { formatLoad } from "../../../api/format-load.ts";
import { toTime } from "../../../api/time.ts";
import { keyOf } from "../../../key.ts";
import { oneLine } from "../../terminal/text.ts";
import { toSafeJson } from "./format-document.ts";
import type { PodReport, PoolDetail, PoolReport } from "./report.ts";
import { partText } from "./show.ts";

/** What is to be seen now. */
export interface WatchFrame {
  /** The one pool that was asked for, if it is there. */
  readonly detail?: PoolDetail | undefined;
  /** Else all of them. */
  readonly pools?: readonly PoolReport[] | undefined;
  /** What is looked at, in words. */
  readonly subject: string;
  /** Names of pods that are drained. */
  readonly drained?: ReadonlySet<string> | undefined;
  /** Why the figures may be old. */
  readonly trouble?: string | undefined;
  readonly now: number;
}

export interface WatchView {
  /** Key of the pool whose pods are wanted; undefined: the pools. Absent: what the command names. */
  readonly opened?: string | undefined;
  show(frame: WatchFrame): void;
  close(): void;
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
