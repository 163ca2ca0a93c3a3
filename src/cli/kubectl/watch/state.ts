import { defined } from "../../../api/defined.ts";
import type { StyledLine } from "../../terminal/text.ts";
import { podOrderNames, poolOrderNames } from "./arrange.ts";
import { helpLines } from "./key-help.ts";

/** Something that lies over the picture until a key takes it away. */
interface Panel {
  readonly title: string;
  readonly lines: readonly StyledLine[];
  /** The first line that is to be seen. */
  readonly top: number;
}

/** What a drain is about to do, once it is confirmed. */
export interface DrainQuestion {
  readonly pod: string;
  /** It is drained: the question is whether to let it back. */
  readonly undo: boolean;
}

/** What somebody has chosen by keys. */
export interface WatchState {
  /** Key of the pool whose pods are shown; absent: the pools. */
  readonly opened?: string | undefined;
  /** Name of the pod, or key of the pool, that keys are about. */
  readonly selected?: string | undefined;
  readonly poolOrder: string;
  readonly podOrder: string;
  readonly filter: string;
  /** The filter is being typed. */
  readonly isTyping: boolean;
  readonly panel?: Panel | undefined;
  readonly question?: DrainQuestion | undefined;
  /** What came of the last thing that was asked for. */
  readonly note?: { readonly text: string; readonly isTrouble: boolean } | undefined;
}

/** What a key asks for that takes the cluster, or the end. */
export type WatchAction =
  | { readonly kind: "quit" }
  | { readonly kind: "explain"; readonly pod?: string }
  | ({ readonly kind: "drain" } & DrainQuestion);

/** What keys are pressed in front of. */
export interface WatchScene {
  /** Those that are shown, in their order. */
  readonly rows: readonly string[];
  /** Names of the pods that are drained. */
  readonly drained: ReadonlySet<string>;
  /** Whether there is a list of pools to go back to. */
  readonly hasList: boolean;
  /** Lines that a page of rows, or of a panel, has. */
  readonly page: number;
}

export interface Pressed {
  readonly state: WatchState;
  readonly action?: WatchAction;
}

export const firstState = (opened: string | undefined): WatchState => ({
  opened,
  poolOrder: poolOrderNames[0]!,
  podOrder: podOrderNames[0]!,
  filter: "",
  isTyping: false,
});

/** How far a key goes, of a page of so many lines. */
function stepOf(key: string, page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -page,
    pagedown: page,
    home: Number.NEGATIVE_INFINITY,
    end: Number.POSITIVE_INFINITY,
  };
  return Object.hasOwn(steps, key) ? steps[key] : undefined;
}

const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, value));

const nextOf = (names: readonly string[], name: string): string =>
  names[(names.indexOf(name) + 1) % names.length] ?? name;

function typed(state: WatchState, key: string): WatchState {
  if (key === "return") return { ...state, isTyping: false };
  if (key === "escape") return { ...state, isTyping: false, filter: "" };
  if (key === "backspace") return { ...state, filter: state.filter.slice(0, -1) };
  return key.length === 1 ? { ...state, filter: state.filter + key } : state;
}

function inPanel(state: WatchState, panel: Panel, key: string, page: number): WatchState {
  const step = stepOf(key, page);
  if (step === undefined) return { ...state, panel: undefined };
  return { ...state, panel: { ...panel, top: clamp(panel.top + step, Math.max(0, panel.lines.length - page)) } };
}

function moved(state: WatchState, rows: readonly string[], step: number): WatchState {
  const at = rows.indexOf(state.selected ?? "");
  return { ...state, selected: rows[at < 0 ? 0 : clamp(at + step, rows.length - 1)] };
}

/** Away from what was asked for last: the filter, then the pool. */
function back(state: WatchState, hasList: boolean): WatchState {
  if (state.filter !== "") return { ...state, filter: "" };
  if (!hasList || state.opened === undefined) return state;
  return { ...state, opened: undefined, selected: state.opened };
}

function orderOn(state: WatchState): WatchState {
  if (state.opened === undefined) return { ...state, poolOrder: nextOf(poolOrderNames, state.poolOrder) };
  return { ...state, podOrder: nextOf(podOrderNames, state.podOrder) };
}

/** Keys that act on what is selected. */
function acted(state: WatchState, key: string, { drained }: WatchScene): Pressed {
  const { opened, selected } = state;
  if (key === "E" && opened !== undefined) return { state, action: { kind: "explain" } };
  if (key === "e" || key === "E") {
    if (opened !== undefined) return { state, action: { kind: "explain", ...defined({ pod: selected }) } };
    return selected === undefined ? { state } : { state, action: { kind: "explain" } };
  }
  if (selected === undefined) return { state };
  if (key === "d" && opened === undefined)
    return { state: { ...state, note: { text: "d drains a pod: open the pool with Return first", isTrouble: false } } };
  if (key === "d") return { state: { ...state, question: { pod: selected, undo: drained.has(selected) } } };
  const opens = (key === "return" || key === "right") && opened === undefined;
  return { state: opens ? { ...state, opened: selected, selected: undefined, filter: "" } : state };
}

/** What a key makes of what was chosen before. */
export function press(before: WatchState, key: string, scene: WatchScene): Pressed {
  const state = { ...before, note: undefined };
  const { panel, question } = state;
  if (state.isTyping) return { state: typed(state, key) };
  // Before a panel, which may have come since: the question is what the last line shows.
  if (question) {
    const answered = { ...state, question: undefined };
    return key === "y" ? { state: answered, action: { kind: "drain", ...question } } : { state: answered };
  }
  if (panel && key !== "q") return { state: inPanel(state, panel, key, scene.page) };
  if (key === "q") return { state, action: { kind: "quit" } };
  if (key === "?") return { state: { ...state, panel: { title: "keys", lines: helpLines, top: 0 } } };
  if (key === "/") return { state: { ...state, isTyping: true } };
  if (key === "s") return { state: orderOn(state) };
  if (key === "escape" || key === "left") return { state: back(state, scene.hasList) };
  const step = stepOf(key, scene.page);
  return step === undefined ? acted(state, key, scene) : { state: moved(state, scene.rows, step) };
}

/** The same over rows that may have changed: what is gone is selected no longer, and something always is. */
export function settle(state: WatchState, rows: readonly string[]): WatchState {
  if (state.selected !== undefined && rows.includes(state.selected)) return state;
  return { ...state, selected: rows[0] };
}
