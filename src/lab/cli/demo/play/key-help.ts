/** Something that a key of the demo does, by the name that those who show it ask for. */
export type KeyName =
  | "load"
  | "select"
  | "kill"
  | "slow"
  | "freeze"
  | "lie"
  | "drain"
  | "strategy"
  | "pause"
  | "roll"
  | "page"
  | "help";

export interface KeyHelp {
  /** As they are shown. */
  readonly keys: string;
  /** As they are pressed. */
  readonly presses: readonly string[];
  readonly does: string;
}

/** All keys, in the order in which the help shows them. */
export const keyHelp: Readonly<Record<KeyName, KeyHelp>> = {
  load: {
    keys: "+ -",
    presses: ["+", "=", "-"],
    does: "more load, less load: each time by as much as one pod carries at its limit",
  },
  select: { keys: "j k, ↓ ↑", presses: ["j", "k", "down", "up"], does: "select a pod" },
  kill: {
    keys: "x",
    presses: ["x"],
    does: "kill the selected pod: its connections are cut, the Deployment starts another",
  },
  slow: {
    keys: "w",
    presses: ["w"],
    does: "slow it down: each answer takes 0.3 s longer; press again to end",
  },
  freeze: {
    keys: "f",
    presses: ["f"],
    does: "freeze it: it accepts connections and answers nothing; press again to end",
  },
  lie: { keys: "l", presses: ["l"], does: "make it lie: its metrics say that it is idle; press again to end" },
  drain: { keys: "d", presses: ["d"], does: "drain it, or undo that, as kubectl evenkeel drain and --undo do" },
  strategy: { keys: "s S", presses: ["s", "S"], does: "the next strategy, the previous one" },
  pause: { keys: "p", presses: ["p"], does: "pause scaling, or resume it, as kubectl evenkeel pause and resume do" },
  roll: { keys: "r", presses: ["r"], does: "replace all pods, as kubectl rollout restart deployment/web does" },
  page: { keys: "o", presses: ["o"], does: "open the page in the browser" },
  help: { keys: "? q", presses: ["?", "h", "q"], does: "show this help; quit" },
};

/** Those of a demo whose pods are always the same, and whose load nobody scales. */
export const steadyKeys = [
  "select",
  "slow",
  "freeze",
  "lie",
  "drain",
  "strategy",
  "page",
  "help",
] as const satisfies readonly KeyName[];

export const allKeys = Object.keys(keyHelp) as readonly KeyName[];
