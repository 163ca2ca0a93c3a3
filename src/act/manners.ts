import type { Problem } from "../decide/world.ts";
import type { BackoffRange } from "../kube/backoff.ts";

/** The parts of a pool that are written, each by itself. */
export type Part = "slices" | "service" | "entries" | "marks" | "scale" | "status";

/** How a part of a pool is written. */
export interface Manner {
  readonly part: Part;
  readonly urgent: boolean;
  /** The rest after a refusal. */
  readonly refused: BackoffRange;
  /** After a failure. */
  readonly failed: BackoffRange;
  /** At the earliest after the last attempt something else is tried. */
  readonly soonerMs: number;
  readonly tell: (object: string, why: string, kind: "refused" | "failed") => Problem;
}

const minute = 60_000;

/** What stays like this until somebody changes a policy, a quota or a right. */
const refused = { baseMs: 10_000, maxMs: 5 * minute };
/** What is over once the API server, or a webhook, is back. */
const failed = { baseMs: 500, maxMs: 30_000 };

/** Tells, under reasons of this stem, what cannot be written. */
const telling =
  (
    stem: "Publish" | "Istio" | "DeletionCost" | "Scale" | "Status",
    whatOf: (object: string) => string,
  ): Manner["tell"] =>
  (object, why, kind) => {
    const what = whatOf(object);
    if (kind === "refused") return { reason: `${stem}Refused`, message: `The API server refuses ${what}: ${why}.` };
    return { reason: `${stem}Failed`, message: `${what[0]!.toUpperCase()}${what.slice(1)} cannot be written: ${why}.` };
  };

/** How each part of a pool is written. A slice is never kept waiting for long: it may name a pod that is gone. */
export const manners: Readonly<Record<Part, Manner>> = {
  slices: {
    part: "slices",
    urgent: true,
    refused: { baseMs: 5_000, maxMs: minute },
    failed: { baseMs: 200, maxMs: 5_000 },
    soonerMs: 500,
    tell: telling("Publish", () => "the endpoint slices"),
  },
  service: {
    part: "service",
    urgent: true,
    refused,
    failed,
    soonerMs: 1_000,
    tell: telling("Publish", (object) => `Service ${object}`),
  },
  entries: {
    part: "entries",
    urgent: false,
    refused,
    failed,
    soonerMs: 1_000,
    tell: telling("Istio", (object) => object),
  },
  marks: {
    part: "marks",
    urgent: false,
    refused,
    failed,
    soonerMs: 1_000,
    tell: telling("DeletionCost", (object) => `the deletion cost of pod ${object}`),
  },
  scale: {
    part: "scale",
    urgent: false,
    refused: { baseMs: 30_000, maxMs: 5 * minute },
    failed: { baseMs: 1_000, maxMs: 30_000 },
    soonerMs: 5_000,
    tell: telling("Scale", () => "the new scale"),
  },
  status: {
    part: "status",
    urgent: false,
    refused,
    failed,
    soonerMs: 2_000,
    tell: telling("Status", () => "the status"),
  },
};
