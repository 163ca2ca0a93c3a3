import * as z from "zod";
import { auth, authRules } from "../auth.ts";
import { host, scheme } from "../dial.ts";
import { withRules } from "../rules.ts";
import { capacity } from "./capacity.ts";
import { minusWords, notBoth, rate } from "./counter.ts";
import { maxBytesCeiling, maxBytesUpTo, needsCount, needsOne, pathOr, port, unit } from "./over-http.ts";
import { pointer } from "./pointer.ts";

const minus = pointer.describe(`JSON pointer (RFC 6901) to the number ${minusWords}`).optional();

export const json = withRules(
  z.object({
    port,
    scheme: scheme.optional(),
    path: pathOr("/"),
    host: host.optional(),
    auth: auth.optional(),
    connections: z
      .object({ pointer, minus })
      .describe("The pod's open connections: a number, or opened connections minus closed ones.")
      .optional(),
    load: withRules(
      z.object({ pointer, minus, rate, capacity }).optional(),
      "The pod's load: a number, a difference, or the rate of a counter.",
      [{ ...notBoth, holds: (load) => load === undefined || notBoth.holds(load) }],
    ),
    requests: z
      .object({ pointer })
      .describe(
        "The pod's completed requests since its start. They show how much each pod can serve. An interval in which the number falls does not count.",
      )
      .optional(),
    responseTime: z
      .object({
        sum: pointer.describe("JSON pointer (RFC 6901) to the sum of all response times since the pod's start."),
        count: pointer.describe("JSON pointer (RFC 6901) to the number of these responses."),
        unit,
      })
      .describe(
        "The pod's response times. The mean between two samples is the growth of their sum, divided by the growth of their count. If requests is absent, the count is used for it.",
      )
      .optional(),
    errors: z
      .object({ pointer })
      .describe(
        "How many of the requests failed since the pod's start. With it, a pod that fails fast does not count as fast.",
      )
      .optional(),
    maxBytes: maxBytesUpTo(maxBytesCeiling.json),
  }),
  "A JSON document, read from each pod over HTTP.",
  [needsOne, needsCount, ...authRules],
);

export type JsonSource = z.output<typeof json>;
