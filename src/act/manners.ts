import type { Manner, Part } from "./attempts.ts";

const minute = 60_000;

/** What stays like this until somebody changes a policy, a quota or a right. */
const refused = { baseMs: 10_000, maxMs: 5 * minute };
/** What is over once the API server, or a webhook, is back. */
const failed = { baseMs: 500, maxMs: 30_000 };

/** How each part of a pool is written. A slice is never kept waiting for long: it may name a pod that is gone. */
export const manners: Readonly<Record<Part, Manner>> = {
  slices: {
    part: "slices",
    urgent: true,
    refused: { baseMs: 5_000, maxMs: minute },
    failed: { baseMs: 200, maxMs: 5_000 },
    soonerMs: 500,
    tell: (_, why, kind) =>
      kind === "refused"
        ? { reason: "PublishRefused", message: `The API server refuses the endpoint slices: ${why}.` }
        : { reason: "PublishFailed", message: `The endpoint slices cannot be written: ${why}.` },
  },
  service: {
    part: "service",
    urgent: true,
    refused,
    failed,
    soonerMs: 1_000,
    tell: (object, why, kind) =>
      kind === "refused"
        ? { reason: "PublishRefused", message: `The API server refuses Service ${object}: ${why}.` }
        : { reason: "PublishFailed", message: `Service ${object} cannot be written: ${why}.` },
  },
  marks: {
    part: "marks",
    urgent: false,
    refused,
    failed,
    soonerMs: 1_000,
    tell: (object, why, kind) =>
      kind === "refused"
        ? {
            reason: "DeletionCostRefused",
            message: `The API server refuses the deletion cost of pod ${object}: ${why}.`,
          }
        : { reason: "DeletionCostFailed", message: `The deletion cost of pod ${object} cannot be written: ${why}.` },
  },
  scale: {
    part: "scale",
    urgent: false,
    refused: { baseMs: 30_000, maxMs: 5 * minute },
    failed: { baseMs: 1_000, maxMs: 30_000 },
    soonerMs: 5_000,
    tell: (_, why, kind) =>
      kind === "refused"
        ? { reason: "ScaleRefused", message: `The API server refuses the new scale: ${why}.` }
        : { reason: "ScaleFailed", message: `The new scale cannot be written: ${why}.` },
  },
  status: {
    part: "status",
    urgent: false,
    refused,
    failed,
    soonerMs: 2_000,
    tell: (_, why, kind) =>
      kind === "refused"
        ? { reason: "StatusRefused", message: `The API server refuses the status: ${why}.` }
        : { reason: "StatusFailed", message: `The status cannot be written: ${why}.` },
  },
};
