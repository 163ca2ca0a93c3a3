import * as z from "zod";
import { path, portRef } from "./dial.ts";

/** How pods that have more than their share of the open connections are asked to close some. */
export const rebalance = z
  .object({
    port: portRef("Port for the request over HTTP, by name or number. The pod must declare it.", (ref) => ref),
    path: path
      .default("/evenkeel/close")
      .describe("Path of the request, POST PATH?connections=N, which asks a pod to close N idle connections."),
    maxPercent: z
      .int32()
      .min(1)
      .max(50)
      .default(5)
      .describe("Largest share of its connections, in percent, that a pod is asked to close in a period."),
  })
  .describe(
    "Moves open connections, too. Once in each period of publish.readySet (10s if its type is All), pods with more than their share of connections are asked to close some. Their clients then reconnect elsewhere. A pod is asked only if it is more than 5 % above its share. Nobody is asked while a sample is missing. It needs a source that reports connections, and pods that answer the request. Nothing is asked if absent.",
  );

export type RebalanceSpec = z.output<typeof rebalance>;
