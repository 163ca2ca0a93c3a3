import * as z from "zod";
import type { ExplanationDocument } from "../../../serve/documents.ts";
import type { PoolReference } from "./find-pool.ts";

const lines = z.array(
  z.looseObject({
    name: z.string(),
    formula: z.string().optional(),
    numbers: z.record(z.string(), z.union([z.number(), z.array(z.number())])).optional(),
    result: z.number(),
  }),
);

/** What is printed of an explanation; an operator of another version may tell more. */
const printed = z.looseObject({
  namespace: z.string(),
  name: z.string(),
  generation: z.number(),
  plannedAt: z.string(),
  strategy: z.string(),
  order: z.string(),
  coverage: z.looseObject({
    expected: z.number(),
    fresh: z.number(),
    oldestMs: z.number().optional(),
    failures: z.array(
      z.looseObject({ failure: z.string(), pods: z.number(), example: z.string(), detail: z.string().optional() }),
    ),
    beginning: z.array(z.looseObject({ metric: z.string(), pods: z.number(), example: z.string() })).optional(),
  }),
  readySet: z.looseObject({
    message: z.string(),
    decidedAgoMs: z.number().optional(),
    atFloorForMs: z.number().optional(),
    lines,
  }),
  weights: z.looseObject({
    message: z.string(),
    computedAgoMs: z.number().optional(),
    inForceForMs: z.number().optional(),
    lines,
  }),
  pods: z.array(
    z.looseObject({
      pod: z.string(),
      rank: z.number(),
      weight: z.number(),
      reason: z.string(),
      keys: z.array(z.number().nullable()).optional(),
      ageMs: z.number().optional(),
      lines,
    }),
  ),
  excluded: z.array(z.looseObject({ pod: z.string(), reason: z.string() })),
  writers: z.array(z.looseObject({ pod: z.string(), reason: z.string() })).optional(),
  scaling: z.looseObject({
    kind: z.string(),
    reason: z.string(),
    message: z.string(),
    act: z.boolean().optional(),
    lines,
  }),
});

/** The explanation of this pool; undefined when the answer is anything else. */
export function readExplanation(answer: unknown, { namespace, name }: PoolReference): ExplanationDocument | undefined {
  const { success, data } = printed.safeParse(answer);
  const isOfPool = success && data.namespace === namespace && data.name === name;
  return isOfPool ? (answer as ExplanationDocument) : undefined;
}
