import * as z from "zod";
import { dnsLabel, dnsLabelMessage, maxDnsLabel } from "./dns-label.ts";
import { withRules } from "./rules.ts";

const maxLabels = 16;

const writers = withRules(
  z.object({
    all: z
      .object({})
      .describe(
        "Every pod of the read list. The consumer sends each write to all of them, in the order of the list. The write is done when all have answered. A pod that was away misses writes: keep it unready until it has caught up.",
      )
      .optional(),
    matchLabels: z
      .record(z.string(), z.string().max(63))
      .refine((labels) => Object.keys(labels).length <= maxLabels, `at most ${maxLabels} labels`)
      .meta({ maxProperties: maxLabels })
      .describe(
        "Labels of the pod that takes writes, such as a primary's. If several pods have them, writes go to the one whose Postgres probe reports that it takes writes. If more than one reports that, none gets writes. If none reports it, writes stay with the pod that took them before, or go to none. A pod that reports that it is a standby gets no writes.",
      )
      .optional(),
  }),
  "Pods that take writes. Set exactly one of all and matchLabels.",
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
    .describe(`Name of the Service that leads to ${which}. If absent, the pool's name followed by ${suffix}.`)
    .optional();

/** Whether the two lists have Services of their own, by the names that users write. */
const services = z
  .object({
    type: z
      .enum(["Split", "None"])
      .default("Split")
      .describe(
        "Split publishes each list on a Service of its own, so that any client with a host name can use it. None makes no such Services. The pool's own Service still carries the read list.",
      ),
    write: serviceName("the pods that take writes", "-rw"),
    read: serviceName("the pods that may be read", "-ro"),
  })
  .describe(
    "Services for the write list and the read list. Missing ones are created. An existing one needs the annotation evenkeel.io/pool with the pool's name, and no selector. While no pod takes writes, the Service of the write list has no ready endpoint.",
  )
  .prefault({});

const readers = z
  .enum(["All", "Replicas", "ReplicasFirst"])
  .default("All")
  .describe(
    "Which pods form the read list. These are also the pool's endpoints. All includes the pods that take writes. Replicas has only pods that take none, even if the list is then empty. ReplicasFirst is like Replicas, but has all pods if the list would be empty.",
  );

/** Who may be written to, where that differs from who may be read. */
export const access = withRules(
  z.object({ writers, readers, services }),
  "For databases: a write list beside the read list. Reads go to the endpoints, by the strategy. Writes go to the writers. A client finds them through the Services, or with GET /v1/pools/NAMESPACE/NAME/next?access=write.",
  [
    {
      cel: "!has(self.readers) || self.readers == 'All' || !has(self.writers.all)",
      message: "readers Replicas and ReplicasFirst need writers.matchLabels: with all, every pod takes writes",
      holds: ({ writers: { all }, readers: who }) => who === "All" || all === undefined,
    },
  ],
);

export type Access = z.output<typeof access>;
