import * as z from "zod";
import { strategyTypes } from "../api/pool.ts";
import { carrierTypes } from "../api/publish-to.ts";
import { readySetTypes } from "../api/ready-set.ts";
import type { Explanation } from "../decide/explain/explanation.ts";
import {
  coverageDocument,
  decisionDocument,
  excludedDocument,
  portDocument,
  rebalanceDocument,
} from "./pool-document.ts";
import { count, openWord, rfc3339, type Told } from "./told.ts";

const numbers = z.record(z.string(), z.union([z.number(), z.array(z.number())]));

export const explainedLine = z
  .object({
    name: z.string().describe("Of the figure."),
    formula: z
      .string()
      .describe("An expression over the numbers. Absent for a figure that was measured, set or remembered.")
      .exactOptional(),
    numbers: numbers.describe("What the formula names. A list where the formula goes over pods.").exactOptional(),
    result: z.number(),
  })
  .describe("One step of arithmetic.");

const lines = z.array(explainedLine);

const explainedPod = z.object({
  pod: z.string(),
  rank: z.int().min(1),
  weight: z.number().describe("Share of the traffic, 1000 being an even share."),
  reason: z.string(),
  keys: z
    .array(z.number().nullable())
    .describe("Compared in turn with those of other pods, the least first. Absent where the pod is not measured.")
    .exactOptional(),
  ageMs: z.number().describe("Age of the newest sample as of the plan.").exactOptional(),
  ports: z
    .array(portDocument)
    .describe("At which numbers it has the pool's ports. Absent where all pods have them at the same.")
    .exactOptional(),
  lines: lines.describe("From the measured figures to the weight, which is the last one."),
  carried: z
    .partialRecord(z.enum(carrierTypes), z.number())
    .describe("What others' objects are to say of its weight, 100 being an even share.")
    .exactOptional(),
  readySet: z.object({ published: z.boolean().describe("False: it is full for now."), lines }).exactOptional(),
  rebalance: z.object({ surplus: count("Connections that it should close."), lines }).exactOptional(),
});

const readySet = z.object({
  type: z.enum(readySetTypes),
  message: z.string(),
  state: openWord("Of type LeastBusy: how the set came about.").exactOptional(),
  size: count("Pods that are in.").exactOptional(),
  able: count("Of how many.").exactOptional(),
  floor: count("How many are in at least.").exactOptional(),
  decidedAgoMs: z.number().exactOptional(),
  atFloorForMs: z.number().exactOptional(),
  lines,
});

const weights = z.object({
  state: openWord("Whether weights were computed in this pass, or why those of before stay."),
  message: z.string(),
  computedAgoMs: z.number().exactOptional(),
  inForceForMs: z.number().exactOptional(),
  lines: lines.describe("What holds for the whole pool."),
});

const carrier = z.object({
  type: z.enum(carrierTypes),
  message: z.string(),
  waiting: count("Pods whose weight waits for the next period."),
  nextInMs: z.number(),
  within: count("Pods whose weight differs by too little to be written."),
});

const detail = z.string().exactOptional();

const health = z.object({
  expected: count("Pods that are to be probed."),
  probed: count("Of those, pods of which a probe has ended."),
  unhealthy: z.array(z.object({ pod: z.string(), why: openWord("Why."), isAside: z.boolean(), detail })),
  refused: z
    .array(z.object({ failure: openWord("Why."), pods: count("Pods."), example: z.string(), detail }))
    .describe("Probes that could not be made."),
});

const explanation = {
  strategy: z.enum(strategyTypes),
  order: z.string().describe("What comes first."),
  coverage: coverageDocument.extend({
    oldestMs: z.number().describe("Age of the oldest sample in use as of the plan.").exactOptional(),
  }),
  readySet,
  rebalance: z
    .object({
      state: rebalanceDocument.shape.state,
      message: z.string(),
      decidedAgoMs: z.number().exactOptional(),
      lines,
    })
    .exactOptional(),
  weights,
  carriers: z.array(carrier).describe("Absent where no objects of others carry the weights.").exactOptional(),
  pods: z.array(explainedPod).describe("In the strategy's order."),
  excluded: z.array(excludedDocument),
  health: health.describe("Absent where pods are not probed.").exactOptional(),
  writers: z
    .array(
      z.object({
        pod: z.string(),
        uid: z.string(),
        address: z.string(),
        ports: z.array(portDocument),
        reason: z.string(),
      }),
    )
    .describe("Absent where all pods take writes.")
    .exactOptional(),
  scaling: z.object({
    kind: decisionDocument.shape.kind,
    reason: decisionDocument.shape.reason,
    message: z.string(),
    act: decisionDocument.shape.act,
    confirm: z.string().describe("Why the next sample comes early. Absent: it does not.").exactOptional(),
    lines,
  }),
};

const head = {
  namespace: z.string(),
  name: z.string(),
  generation: count("Generation of the pool's spec that this was planned on."),
  plannedAt: rfc3339("When the plan was made."),
};

export const explanationDocument = z
  .object({ ...head, ...explanation })
  .describe("The arithmetic of the newest plan. Ages are as of that plan.");

export type ExplanationDocument = Explanation & Told<z.ZodObject<typeof head>>;
