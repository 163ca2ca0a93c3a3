import * as z from "zod";
import { dnsLabel, dnsLabelMessage, maxDnsLabel } from "./dns-label.ts";
import { withRules } from "./rules.ts";

const maxLabels = 16;

const writers = withRules(
  z.object({
    all: z
      .object({})
      .describe(
        "Every pod of the read list. The consumer sends each write to all of them, in the order of the list, and takes it as done when all have answered. A pod that was away misses what was written meanwhile: let its readiness gate tell when it has caught up.",
      )
      .optional(),
    matchLabels: z
      .record(z.string(), z.string().max(63))
      .refine((labels) => Object.keys(labels).length <= maxLabels, `at most ${maxLabels} labels`)
      .meta({ maxProperties: maxLabels })
      .describe(
        "Labels of the pod that takes writes, such as a primary's. Where several have them, or the one that has them is a standby by its Postgres probe, no pod is guessed: writes go to the one that says that it takes them, or to none.",
      )
      .optional(),
  }),
  "Pods that take writes. Exactly one of all and matchLabels.",
  [
    {
      cel: "has(self.all) != has(self.matchLabels)",
      message: "exactly one of all and matchLabels is needed",
      holds: ({ all, matchLabels }) => (all === undefined) !== (matchLabels === undefined),
    },
    {
      cel: "!has(self.matchLabels) || size(self.matchLabels) > 0",
      message: "matchLabels needs at least one label",
      holds: ({ matchLabels }) => matchLabels === undefined || Object.keys(matchLabels).length > 0,
    },
  ],
);

const serviceName = (which: string, suffix: string) =>
  z
    .string()
    .max(maxDnsLabel)
    .regex(dnsLabel, dnsLabelMessage)
    .describe(`Name of the Service that leads to ${which}; the pool's name and ${suffix} if absent.`)
    .optional();

/** Whether the two lists have Services of their own, by the names that users write. */
const services = z
  .object({
    type: z
      .enum(["Split", "None"])
      .default("Split")
      .describe(
        "Split publishes the two lists on a Service each, beside the pool's own: any client that knows a host name and no more has the split. None does without.",
      ),
    write: serviceName("the pods that take writes", "-rw"),
    read: serviceName("the pods that may be read", "-ro"),
  })
  .describe(
    "Services for the write list and the read list. They are made where there are none; one that is there is treated as publish.service says. While nobody takes writes, the first has no ready endpoint.",
  )
  .prefault({});

const readers = z
  .enum(["All", "Replicas", "ReplicasFirst"])
  .default("All")
  .describe(
    "Who is in the read list, which are the pool's endpoints: All, those that take writes among them; Replicas, only those that take none, even where that leaves nobody; ReplicasFirst, these as long as any of them can be read, else all.",
  );

/** Who may be written to, where that differs from who may be read. */
export const access = withRules(
  z.object({ writers, readers, services }),
  "For databases: a write list apart from the read list. Reads go to the endpoints, by the strategy; writes go to the writers, as the Services and GET /v1/pools/NAMESPACE/NAME with its /next?access=write tell them.",
  [
    {
      cel: "!has(self.readers) || self.readers == 'All' || !has(self.writers.all)",
      message: "readers Replicas and ReplicasFirst need writers.matchLabels: with all, every pod takes writes",
      holds: ({ writers: { all }, readers: who }) => who === "All" || all === undefined,
    },
  ],
);

export type Access = z.output<typeof access>;
