/** One pool and its verdict. */
export interface PoolRow {
  readonly name: string;
  readonly poolName: string;
  readonly spec: unknown;
  /** Why it is refused; absent when the pool is valid. */
  readonly refusal?: {
    /** Path of the field that is at fault; empty for the whole pool. */
    readonly field: string;
    /** A part of the message. */
    readonly says?: string;
    /** Only the API server refuses it: one that was stored before the rule came is still read. */
    readonly isRead?: true;
  };
}

/** The least spec that is valid, with parts put in. */
export const spec = (parts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  selector: { matchLabels: { app: "web" } },
  ports: [{ port: 8080 }],
  strategy: { type: "RoundRobin" },
  ...parts,
});

export const valid = (name: string, given: unknown, poolName = "web"): PoolRow => ({ name, spec: given, poolName });

/** Refused when it is written, read where it is stored. */
export const refusedFromNowOn = (name: string, given: unknown, field: string, says: string): PoolRow => ({
  name,
  spec: given,
  poolName: "web",
  refusal: { field, says, isRead: true },
});

export const refused = (name: string, given: unknown, field: string, says?: string, poolName = "web"): PoolRow => ({
  name,
  spec: given,
  poolName,
  refusal: { field, ...(says && { says }) },
});
