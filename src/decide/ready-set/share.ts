import { counted } from "../basics/counted.ts";

/** What a pod carries beside what it would at an even load. */
export interface Share {
  readonly connections: number;
  /** What it would have if all connections were spread by capacity. */
  readonly even: number;
}

interface Carrying {
  readonly connections?: number;
  readonly capacity: number;
}

/** Connections of all measured pods by what they can carry together; undefined where none is measured. */
export function levelOf(pods: readonly Carrying[]): number | undefined {
  let [connections, capacity] = [0, 0];
  for (const pod of pods) {
    if (pod.connections === undefined) continue;
    connections += pod.connections;
    capacity += pod.capacity;
  }
  return capacity > 0 ? connections / capacity : undefined;
}

/** Each pod's share; undefined of one that is not measured. */
export function sharesOf(pods: readonly Carrying[]): (Share | undefined)[] {
  const level = levelOf(pods) ?? 0;
  return pods.map((pod) =>
    pod.connections === undefined ? undefined : { connections: pod.connections, even: pod.capacity * level },
  );
}

/** Why a pod gets nothing new though it might; undefined of one that is not measured. */
export const sayFull = (share: Share | undefined): string =>
  share === undefined
    ? "full for now: its connections are not known"
    : `full for now: ${counted(Math.round(share.connections), "connection")}, ${Math.round(share.even)} would be even`;

/** A pod this near to its share keeps what it has. */
export const nearness = 0.05;

/**
 * How many connections a pod should give up in a period: what it has above its share, at most `maxPercent` of its own;
 * none where it is not more than 5 % above.
 */
export function surplusOf({ connections, even }: Share, maxPercent: number): number {
  const above = connections - even;
  if (above <= nearness * even) return 0;
  return Math.floor(Math.min(above, (connections * maxPercent) / 100));
}
