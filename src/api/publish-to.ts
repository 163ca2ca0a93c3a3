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
  "Time between two writes of weights, from 1s to 10m. Pods that come or go are written at once.",
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
        "Cilium (1.20 or newer, with Maglev) reads a weight from each EndpointSlice of the Service, of which every pod gets one of its own. Istio reads it from a WorkloadEntry for each pod, which a ServiceEntry selects.",
      ),
    period,
    hosts: z
      .array(host)
      .min(1)
      .max(16)
      .describe(
        "Of type Istio: the names by which clients in the mesh call the pool. Without: POOL.NAMESPACE.pool.internal. A Service's own name is not for this: Istio takes the Service.",
      )
      .optional(),
    labels: z
      .array(labelName)
      .max(16)
      .describe(
        "Of type Istio: names of the pods' labels that their entries have too, for subsets of a DestinationRule. None by which a Service selects pods: it would lead to them twice.",
      )
      .optional(),
  }),
  "An object that carries the weights.",
  [
    {
      cel: "self.type == 'Istio' || (!has(self.hosts) && !has(self.labels))",
      message: "hosts and labels are for type Istio alone",
      holds: ({ type, hosts, labels }) => type === "Istio" || (hosts === undefined && labels === undefined),
    },
  ],
);

export type CarrierSpec = z.output<typeof carrier>;

/** Where weights go, beside the lists over HTTP: objects that others read. */
export const publishTo = withRules(
  z.array(carrier).max(8).default([]),
  "Objects of others that the pool's weights are written to as well. What is taken out of the list is taken back.",
  [
    {
      cel: "self.all(one, self.exists_one(other, other.type == one.type))",
      message: "types must differ",
      holds: (list) => new Set(list.map(({ type }) => type)).size === list.length,
    },
  ],
);
