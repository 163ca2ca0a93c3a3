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
    does: "more load, and less: by what one pod carries at the limit",
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
    does: "slow it down: each answer takes 0.3 s longer; again: as before",
  },
  freeze: {
    keys: "f",
    presses: ["f"],
    does: "freeze it: it accepts connections and answers nothing; again: it goes on",
  },
  lie: { keys: "l", presses: ["l"], does: "make it lie: its metrics say that it is idle; again: the truth" },
  drain: { keys: "d", presses: ["d"], does: "drain it, and let it back: kubectl evenkeel drain, --undo" },
  strategy: { keys: "s S", presses: ["s", "S"], does: "the next strategy, the one before" },
  pause: { keys: "p", presses: ["p"], does: "pause scaling, and resume it: kubectl evenkeel pause, resume" },
  roll: { keys: "r", presses: ["r"], does: "roll out: kubectl rollout restart deployment/web" },
  page: { keys: "o", presses: ["o"], does: "open the page in the browser" },
  help: { keys: "? q", presses: ["?", "h", "q"], does: "this help; the end" },
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
