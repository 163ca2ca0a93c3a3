import * as z from "zod";
import { decisionDocument, scaleDocument } from "./pool-document.ts";
import { count, type Told, unixMs } from "./told.ts";

const column = (description?: string) => {
  const numbers = z.array(z.number().nullable());
  return description === undefined ? numbers : numbers.describe(description);
};

export const podSeriesDocument = z
  .object({ pod: z.string(), load: column("Percent."), connections: column() })
  .describe("Figures of one pod, in the rows of its pool.");

const seriesDocument = z.object({
  times: z.array(z.number()).describe("Unix milliseconds."),
  averageLoad: column("Percent."),
  lowestLoad: column("Percent, of one pod."),
  highestLoad: column("Percent, of one pod."),
  connections: column("Of all endpoints together."),
  averageConnections: column("Over the endpoints that report them."),
  fewestConnections: column("Of one pod."),
  mostConnections: column("Of one pod."),
  replicas: column(),
  readySetSize: column("Endpoints that a Service sends new connections, of a pool that chooses them."),
  requestsPerSecond: column("Of all ready pods together."),
  errorPercent: column("How many of those requests failed."),
  responseMs: column("Mean response time."),
  pods: z.array(podSeriesDocument),
});

export const historyDocument = z
  .object({
    at: unixMs("When this was answered."),
    windowMs: z.number().describe("How far back the points go."),
    ...seriesDocument.shape,
    decisions: z
      .array(
        decisionDocument.extend({
          at: unixMs("When it last began."),
          firstAt: unixMs("When it first began."),
          count: count("How often it began since replicas last changed."),
        }),
      )
      .describe(
        "Decisions as they last began, oldest first. Each change of replicas is one; what came again between two of them is one as well.",
      ),
    scales: z.array(scaleDocument).describe("Oldest first."),
    confirmations: z
      .array(z.object({ at: unixMs("When."), message: z.string().describe("Why.") }))
      .describe(
        "When a sample was to come before its interval was over, to confirm that a limit is passed. Oldest first.",
      ),
  })
  .describe("Figures over time: a row for each point, oldest first, null where nothing was known.");

export type SeriesDocument = Told<typeof seriesDocument>;
export type PodSeriesDocument = Told<typeof podSeriesDocument>;
export type HistoryDocument = Told<typeof historyDocument>;
