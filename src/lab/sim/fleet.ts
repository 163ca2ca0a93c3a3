import { AntagonistPace, countAntagonists, meanFactor } from "./antagonist.ts";
import { ColdPace } from "./pace.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { Server, type SimServerOptions } from "./server.ts";

/** The pods of a scenario, and what they can do together in the long run. */
export interface ServerFleet {
  readonly servers: readonly Server[];
  /** Requests per service time. */
  readonly capacity: number;
}

/** Builds the pods. Which of them have an antagonist, and when it works, follows from the random numbers alone. */
export function createFleet(
  { pods, speeds, concurrency, antagonist, newcomer, seed }: Scenario,
  streamOf: (pod: number) => number,
  onDeparture: SimServerOptions["onDeparture"],
): ServerFleet {
  const relative = speeds ?? Array<number>(pods).fill(1);
  const scale = pods / relative.reduce((sum, speed) => sum + speed, 0);
  const slowed = antagonist ? choose(pods, countAntagonists(pods), new Random(seed, streamOf(pods))) : new Set();
  let capacity = 0;
  const servers = relative.map((part, pod) => {
    const speed = part * scale;
    const isSlowed = slowed.has(pod);
    capacity += speed * concurrency * (isSlowed ? meanFactor : 1);
    const cold = newcomer && pod === pods - 1 ? newcomer : undefined;
    const pace = cold
      ? new ColdPace(cold.coldSpeed, cold.at + cold.coldFor)
      : isSlowed
        ? new AntagonistPace(new Random(seed, streamOf(pod)))
        : undefined;
    return new Server({ speed, concurrency, pace, onDeparture });
  });
  return { servers, capacity };
}

function choose(from: number, count: number, random: Random): Set<number> {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(random.below(from));
  return chosen;
}
