import * as z from "zod";
import { textOrInteger } from "../int-or-string.ts";
import { withRules } from "../rules.ts";

const cpu = /^[1-9][0-9]{0,6}m?$/;
const memory = /^[1-9][0-9]{0,14}(k|M|G|T|Ki|Mi|Gi|Ti)?$/;

/** Of each suffix; without one, bytes. */
const bytes = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
} as const;

const toMillicores = (text: string): number => (text.endsWith("m") ? Number.parseInt(text, 10) : Number(text) * 1_000);

const toBytes = (text: string): number =>
  Number.parseInt(text, 10) * bytes[memory.exec(text)![1] as keyof typeof bytes];

/** What a text has to be for a resource, and what it means then. */
const capacities = {
  cpu: { pattern: cpu, toNumber: toMillicores },
  memory: { pattern: memory, toNumber: toBytes },
} as const;

const cpuWords = "must be a CPU quantity, such as 500m or 2. Write a decimal in millicores, such as 1500m";
const words = "must be a quantity, such as 500m or 2 of cpu, 512Mi of memory";

/** Held by rules as well, for numbers without quotes, and as what is right depends on the resource. */
const capacity = textOrInteger(
  z
    .string(cpuWords)
    .max(20)
    .regex(/^[1-9][0-9]{0,14}(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, words),
)
  .optional()
  .describe(
    "Use that means 100 % load, such as 500m of cpu or 512Mi of memory. Write a decimal of cpu in millicores: 500m, not 0.5. If absent, what the pod or container requests.",
  );

const fits =
  (name: keyof typeof capacities) => (given: { readonly name: string; readonly capacity?: string | undefined }) =>
    given.name !== name || given.capacity === undefined || capacities[name].pattern.test(given.capacity);

const given = withRules(
  z.object({
    name: z.enum(["cpu", "memory"]).default("cpu").describe("Resource whose use is the load."),
    container: z
      .string()
      .max(63)
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a container's name")
      .optional()
      .describe("The only container whose use counts, to leave out sidecars. All containers if absent."),
    capacity,
  }),
  "Use of CPU or memory from the resource metrics API (metrics.k8s.io).",
  [
    {
      field: "capacity",
      cel: `!has(self.capacity) || self.name != 'cpu' || string(self.capacity).matches('${cpu.source}')`,
      message: `capacity of cpu ${cpuWords}`,
      holds: fits("cpu"),
    },
    {
      field: "capacity",
      cel: `!has(self.capacity) || self.name != 'memory' || string(self.capacity).matches('${memory.source}')`,
      message: "capacity of memory must be a memory quantity, such as 512Mi or 2G",
      holds: fits("memory"),
    },
  ],
);

/** Parsed, the capacity is in millicores of cpu, or bytes of memory. */
export const resource = given.transform(({ capacity: text, ...rest }) => ({
  ...rest,
  ...(text !== undefined && { capacity: capacities[rest.name].toNumber(text) }),
}));

export type ResourceSource = z.output<typeof resource>;
