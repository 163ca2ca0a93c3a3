import { rankByFigure, type Strategy } from "./rank.ts";

/** Fewest open connections first. */
export const leastConnections: Strategy = (candidates, seed) =>
  rankByFigure(
    candidates,
    seed,
    ({ sample }) => sample?.connections,
    (connections, mean) =>
      `${connections} ${connections === 1 ? "connection" : "connections"}, mean ${mean.toFixed(1)}`,
  );
