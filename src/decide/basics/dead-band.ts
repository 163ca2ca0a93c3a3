/** How far a figure may move for nobody to hear of it: by a share of itself, or by a least amount, whichever is more. */
export interface DeadBand {
  readonly share: number;
  readonly least: number;
}

type Told = "weight" | "connections" | "load";

/** A weight is of 1000 for an even share, a load in percent. */
export const deadBands = {
  /** Of a status: each write goes to whoever watches pools. */
  status: {
    weight: { share: 0.2, least: 300 },
    connections: { share: 0.2, least: 2 },
    load: { share: 0.2, least: 5 },
  },
  /** Of a stream of endpoints. */
  stream: {
    weight: { share: 0.05, least: 10 },
    connections: { share: 0.1, least: 1 },
    load: { share: 0.1, least: 2 },
  },
} satisfies Record<string, Record<Told, DeadBand>>;

/** Whether a figure left its dead band; one that is known now and was not before did, and the other way round. */
export function moved(before: number | undefined, after: number | undefined, { share, least }: DeadBand): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return Math.abs(after - before) > Math.max(least, share * Math.max(before, after));
}
