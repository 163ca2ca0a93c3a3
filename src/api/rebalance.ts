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
    "Moves open connections as well as new ones. Once in each period of publish.readySet (10s if its type is All), pods that are more than 5 % above their share of connections are asked to close some. Their clients then reconnect elsewhere. No pod is asked while a sample is missing. It needs a source that reports connections, and pods that implement the request. If absent, no pod is asked.",
  );

export type RebalanceSpec = z.output<typeof rebalance>;
