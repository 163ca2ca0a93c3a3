import * as z from "zod";
import { withRules } from "../rules.ts";

const maxLabels = 16;

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "must be a Prometheus label name");

export const series = {
  name: z
    .string()
    .max(200)
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "must be a Prometheus metric name")
    .describe("Name of the metric."),
  matchLabels: withRules(
    z
      .record(z.string(), z.string().max(200))
      .refine((labels) => Object.keys(labels).length <= maxLabels, `at most ${maxLabels} labels`)
      .meta({ maxProperties: maxLabels })
      .optional(),
    "Labels that a series must have. The values of all series that match are added up.",
    [
      {
        cel: "self.all(name, name.matches('^[a-zA-Z_][a-zA-Z0-9_]*$'))",
        message: "label names must be Prometheus label names",
        holds: (labels) => Object.keys(labels ?? {}).every((name) => labelName.safeParse(name).success),
      },
    ],
  ),
};
