import * as z from "zod";
import { textOrInteger } from "../int-or-string.ts";
import { withRules } from "../rules.ts";

const cpuWords = "must be a CPU quantity, such as 500m or 2; a decimal in millicores, such as 1500m";

export const resource = z
  .object({
    name: z.enum(["cpu"]).default("cpu").describe("Resource whose use is the load."),
    capacity: withRules(
      textOrInteger(z.string(cpuWords).regex(/^[1-9][0-9]{0,6}m?$/, cpuWords))
        .transform((text) => (text.endsWith("m") ? Number.parseInt(text, 10) : Number(text) * 1_000))
        .optional(),
      "Use that means 100 % load, such as 500m. The sum of the containers' CPU requests if absent.",
      [
        {
          cel: "type(self) == string || (int(self) >= 1 && int(self) <= 9999999)",
          message: "must be a CPU quantity, such as 500m or 2",
          holds: () => true,
        },
      ],
    ),
  })
  .describe("CPU use from the resource metrics API (metrics.k8s.io).");

export type ResourceSource = z.output<typeof resource>;
