import * as z from "zod";
import { portRef } from "./dial.ts";
import { dnsLabel, dnsLabelMessage } from "./dns-label.ts";
import { withRules } from "./rules.ts";

const appProtocolForm =
  /^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

const port = z.object({
  name: z.string().max(63).regex(dnsLabel, dnsLabelMessage).default("http").describe("Name of the port."),
  port: z
    .int32()
    .min(1)
    .max(65_535)
    .describe(
      "Port of the Service. Without targetPort, also the port of the pods, which their containers must declare.",
    ),
  targetPort: portRef(
    "Port of the pods, by name or number, which their containers must declare. A name may stand for a different number in each pod, so a rollout may change the number. The same as port if absent.",
    (ref) => ref.optional(),
  ),
  appProtocol: z
    .string()
    .max(253)
    .regex(appProtocolForm, "must be a protocol, such as http or kubernetes.io/h2c")
    .describe("Protocol on the port. The Service and its EndpointSlices pass it on.")
    .optional(),
});

export const ports = withRules(z.array(port).min(1).max(16), "Ports that receive traffic.", [
  {
    cel: "self.all(port, self.exists_one(other, other.port == port.port))",
    message: "port numbers must differ",
    holds: (list) => new Set(list.map((entry) => entry.port)).size === list.length,
  },
  {
    cel: "self.all(port, self.exists_one(other, other.name == port.name))",
    message: "port names must differ",
    holds: (list) => new Set(list.map((entry) => entry.name)).size === list.length,
  },
]);

/** A port of a pool, as users write it. */
export type PoolPort = z.output<typeof port>;
