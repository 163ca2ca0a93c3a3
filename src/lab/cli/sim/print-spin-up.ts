import type { SpinUpTurn } from "../../sim/spin-up.ts";

const percent = (load: number): string => `${load.toFixed(2)}%`;

/** The loads of all servers after a turn, and whether another one starts. */
export function printTurn({ loads, averageLoad, started }: SpinUpTurn): string {
  const list = `[${loads.map(percent).join(",")}]\n`;
  if (!started) return list;
  const servers = `${started.servers} more ${started.servers === 1 ? "server starts" : "servers start"}`;
  return `${list}average load ${percent(averageLoad)}: ${servers}\n`;
}
