/** A key of the demo, as the help shows it. */
export interface KeyHelp {
  readonly keys: string;
  readonly does: string;
}

/** All keys of the table, in the order in which the help shows them. */
export const keyHelp: readonly KeyHelp[] = [
  { keys: "+ -", does: "add and take load: connections that are one pod's worth at the limit" },
  { keys: "j k, ↓ ↑", does: "select a pod" },
  { keys: "x", does: "kill the selected pod: its connections are cut, the Deployment starts another" },
  { keys: "w", does: "slow it down: each answer takes forty times as long; again: as before" },
  { keys: "f", does: "freeze it: it accepts connections and answers nothing; again: it goes on" },
  { keys: "l", does: "make it lie: its metrics say that it is idle; again: the truth" },
  { keys: "d", does: "drain it, and let it back: kubectl evenkeel drain, --undo" },
  { keys: "s S", does: "the next strategy, the one before" },
  { keys: "p", does: "pause scaling, and resume it: kubectl evenkeel pause, resume" },
  { keys: "r", does: "roll out: kubectl rollout restart deployment/web" },
  { keys: "o", does: "open the page in the browser" },
  { keys: "? q", does: "this help; the end" },
];
