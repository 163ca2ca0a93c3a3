import { rankByFigure, type Strategy } from "./rank.ts";

/** Lowest load first. */
export const leastLoad: Strategy = (candidates, seed) =>
  rankByFigure(
    candidates,
    seed,
    ({ sample }) => sample?.load,
    (load, mean) => `load ${load.toFixed(1)}%, mean ${mean.toFixed(1)}%`,
  );
