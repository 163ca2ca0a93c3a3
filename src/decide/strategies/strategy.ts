import type { StrategyType } from "../../api/pool.ts";
import { fastestResponse } from "./fastest-response.ts";
import { leastConnections } from "./least-connections.ts";
import { leastLoad } from "./least-load.ts";
import { packing } from "./packing.ts";
import { powerOfTwoChoices } from "./power-of-two-choices.ts";
import { prequal } from "./prequal.ts";
import { random } from "./random.ts";
import type { PoolStrategy } from "./rank.ts";
import { roundRobin } from "./round-robin.ts";

/** Every strategy by the name that users write; the compiler checks that none is missing. */
export const strategies: Record<StrategyType, PoolStrategy> = {
  RoundRobin: roundRobin,
  Random: random,
  LeastConnections: leastConnections,
  LeastLoad: leastLoad,
  FastestResponse: fastestResponse,
  PowerOfTwoChoices: powerOfTwoChoices,
  Prequal: prequal,
  Packing: packing,
};
