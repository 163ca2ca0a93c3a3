import * as z from "zod";
import { auth, authRules } from "../auth.ts";
import { host, scheme } from "../dial.ts";
import { withRules } from "../rules.ts";
import { capacity } from "./capacity.ts";
import { minusWords, notBoth, rate } from "./counter.ts";
import {
  maxBytesCeiling,
  maxBytesUpTo,
  maxSamplesCeiling,
  needsCount,
  needsOne,
  pathOr,
  port,
  unit,
} from "./over-http.ts";
import { metricName, series } from "./series.ts";

const minus = metricName
  .describe(`Name of the metric ${minusWords} Its series are chosen by the same labels.`)
  .optional();

export const http = withRules(
  z.object({
    port,
    scheme: scheme.optional(),
    path: pathOr("/metrics"),
    host: host.optional(),
    auth: auth.optional(),
    connections: z
      .object({ ...series, minus })
      .describe(
        "Gauge of the pod's open connections, or a counter of opened connections from which a counter of closed connections is subtracted.",
      )
      .optional(),
    load: withRules(
      z.object({ ...series, minus, rate, capacity }).optional(),
      "The pod's load: a gauge, a difference, or the rate of a counter.",
      [{ ...notBoth, holds: (load) => load === undefined || notBoth.holds(load) }],
    ),
    requests: z
      .object(series)
      .describe("Counter of the pod's completed requests. It shows how much each pod can serve.")
      .optional(),
    responseTime: z
      .object({ ...series, name: series.name.describe("Name without _sum and _count."), unit })
      .describe(
        "Histogram or summary of the pod's response times. The mean between two samples is the growth of its sum, divided by the growth of its count. If requests is absent, the count is used for it.",
      )
      .optional(),
    errors: z
      .object(series)
      .describe(
        "Counter of the requests that failed. With it, a pod that fails fast does not count as fast. A missing counter counts as 0.",
      )
      .optional(),
    maxBytes: maxBytesUpTo(maxBytesCeiling.http),
    maxSamples: z
      .int32()
      .min(1)
      .max(maxSamplesCeiling)
      .default(10_000)
      .describe("Most samples that one answer may have, whether the pool reads them or not."),
  }),
  "Prometheus text or OpenMetrics, read from each pod over HTTP.",
  [needsOne, needsCount, ...authRules],
);

export type HttpSource = z.output<typeof http>;
