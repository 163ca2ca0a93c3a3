import type { StrategyType } from "../api/pool.ts";
import { fastestResponse } from "./strategies/fastest-response.ts";
import { leastConnections } from "./strategies/least-connections.ts";
import { leastLoad } from "./strategies/least-load.ts";
import { packing } from "./strategies/packing.ts";
import { powerOfTwoChoices } from "./strategies/power-of-two-choices.ts";
import { prequal } from "./strategies/prequal.ts";
import { random } from "./strategies/random.ts";
import type { Strategy } from "./strategies/rank.ts";
import { roundRobin } from "./strategies/round-robin.ts";

/** Every strategy by the name that users write; the compiler checks that none is missing. */
export const strategies: Record<StrategyType, Strategy> = {
  RoundRobin: roundRobin,
  Random: random,
  LeastConnections: leastConnections,
  LeastLoad: leastLoad,
  FastestResponse: fastestResponse,
  PowerOfTwoChoices: powerOfTwoChoices,
  Prequal: prequal,
  Packing: packing,
};
