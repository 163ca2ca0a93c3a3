import type { StrategyType } from "../api/pool.ts";
import { leastConnections } from "./strategies/least-connections.ts";
import { leastLoad } from "./strategies/least-load.ts";
import { random } from "./strategies/random.ts";
import type { Strategy } from "./strategies/rank.ts";
import { roundRobin } from "./strategies/round-robin.ts";

/** Every strategy by the name that users write; the compiler checks that none is missing. */
export const strategies: Record<StrategyType, Strategy> = {
  RoundRobin: roundRobin,
  Random: random,
  LeastConnections: leastConnections,
  LeastLoad: leastLoad,
};
