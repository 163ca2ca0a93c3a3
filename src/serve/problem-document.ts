import * as z from "zod";
import { openWord, type Told } from "./told.ts";

const problemReasons = [
  "ParameterInvalid",
  "RouteUnknown",
  "PoolUnknown",
  "JustStarted",
  "MethodNotAllowed",
  "NoEndpoint",
  "TooManyStreams",
  "TooManyExplanations",
  "TokenRefused",
  "Forbidden",
  "AccessUnknown",
  "PageRefused",
  "NotAReplica",
  "SourceNotPush",
  "BodyInvalid",
  "BodyTooLarge",
  "TooManyReports",
  "ReportedTooOften",
  "PageMissing",
  "HostRefused",
  "Internal",
] as const;

export type ProblemReason = (typeof problemReasons)[number];

export const problemDocument = z
  .object({
    type: z.literal("about:blank"),
    title: z.string().describe("The status in words."),
    status: z.int().describe("The status of the answer."),
    reason: openWord<ProblemReason>("For programs. A reason keeps its name.", problemReasons),
    detail: z.string().describe("For people: what is wrong and what to do."),
    instance: z.string().describe("Path of the request."),
  })
  .describe("Every answer that is no success, as RFC 9457 has it: `application/problem+json`.");

export type ProblemDocument = Told<typeof problemDocument>;
