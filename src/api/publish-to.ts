import * as z from "zod";
import { duration } from "./duration.ts";
import { withRules } from "./rules.ts";

/** Whose objects carry the pool's weights, by the names that users write. */
export const carrierTypes = ["Cilium", "Istio"] as const;
export type CarrierType = (typeof carrierTypes)[number];

const hostMessage = "must be a host name of at least two labels, such as web.shop.example";
const host = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, hostMessage);

const labelName = z
  .string()
  .max(317)
  .regex(
    /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/,
    "must be the name of a label",
  );

const period = withRules(
  duration("10s", ""),
  "Time between two writes of weights, from 1s to 10m. Pods that join or leave are written at once.",
  [
    {
      cel: "duration(self) >= duration('1s') && duration(self) <= duration('10m')",
      message: "must be from 1s to 10m",
      holds: (ms) => ms >= 1_000 && ms <= 600_000,
    },
  ],
);

const carrier = withRules(
  z.object({
    type: z
      .enum(carrierTypes)
      .describe(
        "Cilium (1.20 or newer, with Maglev) reads a weight from each EndpointSlice, so every pod gets a slice of its own. Istio reads it from a WorkloadEntry for each pod, which a ServiceEntry selects.",
      ),
    period,
    hosts: z
      .array(host)
      .min(1)
      .max(16)
      .describe(
        "For type Istio: the names by which clients in the mesh call the pool. POOL.NAMESPACE.pool.internal if absent. Do not use the name of a Service, because Istio would use the Service instead of the pool.",
      )
      .optional(),
    labels: z
      .array(labelName)
      .max(16)
      .describe(
        "For type Istio: names of pod labels that the entries should have as well, for subsets of a DestinationRule. Leave out labels by which a Service selects pods, because that Service would then contain each pod twice.",
      )
      .optional(),
  }),
  "An object that carries the weights.",
  [
    {
      cel: "self.type == 'Istio' || (!has(self.hosts) && !has(self.labels))",
      message: "hosts and labels are only for type Istio",
      holds: ({ type, hosts, labels }) => type === "Istio" || (hosts === undefined && labels === undefined),
    },
  ],
);

export type CarrierSpec = z.output<typeof carrier>;

/** Where weights go, beside the lists over HTTP: objects that others read. */
export const publishTo = withRules(
  z.array(carrier).max(8).default([]),
  "Objects of other products that the weights are also written to. If an entry is removed, its objects are removed.",
  [
    {
      cel: "self.all(one, self.exists_one(other, other.type == one.type))",
      message: "types must differ",
      holds: (list) => new Set(list.map(({ type }) => type)).size === list.length,
    },
  ],
);
