import { spawnSync } from "node:child_process";

const isPossible = spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0;

/**
 * Words to put before a command so that it gets `signal` when we end, even if we are killed outright. None where setpriv
 * (util-linux) is missing; there only an orderly exit ends a child.
 */
export const tether = (signal: "KILL" | "TERM"): readonly string[] =>
  isPossible ? ["setpriv", "--pdeathsig", signal] : [];
