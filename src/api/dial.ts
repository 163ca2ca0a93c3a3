import * as z from "zod";
import { textOrInteger } from "./int-or-string.ts";
import { withRules } from "./rules.ts";

const maxPort = 65_535;

const referenceWords = "must be the name or the number of a port that the pod declares";
const reference = textOrInteger(
  z
    .string(referenceWords)
    .max(15)
    .regex(/^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/, referenceWords),
);

/** A port that a pod declares, by name or number; `settle` says what it is where it is not given. */
export const portRef = <S extends z.ZodType<string | undefined>>(
  description: string,
  settle: (ref: typeof reference) => S,
): S =>
  withRules(settle(reference), description, [
    {
      cel: `(type(self) == string && !self.matches('^[0-9]+$')) || (int(self) >= 1 && int(self) <= ${maxPort})`,
      message: `a port number must be from 1 to ${maxPort}`,
      holds: (port) => port === undefined || !/^[0-9]+$/.test(port) || (Number(port) >= 1 && Number(port) <= maxPort),
    },
  ]);

/** How a pod is asked over HTTP, in the words of Kubernetes' own probes. */
export const scheme = z
  .enum(["HTTP", "HTTPS"])
  .describe("HTTP or HTTPS. As with the kubelet's probes, the certificate of the pod is not verified. HTTP if absent.");

export type Scheme = z.output<typeof scheme>;

/** Path of an HTTP request to a pod. */
export const path = z
  .string()
  .regex(/^\/([A-Za-z0-9._~-][A-Za-z0-9._~/-]{0,254})?$/, "must be an absolute path without query, such as /metrics");
