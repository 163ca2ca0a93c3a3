import * as z from "zod";
import { type Told, unixMs } from "./told.ts";

export const troubleDocument = z
  .object({
    type: z.string().describe("Type of the condition."),
    severity: z.enum(["bad", "unsure"]).describe("`bad`: it is False. `unsure`: nobody knows yet."),
    reason: z.string().describe("Why, in one word."),
    message: z.string().describe("Why, for people: what is wrong and what to do."),
  })
  .describe("A condition that is not as it should be. What somebody asked for, such as a pause, is none.");

export const replicaDocument = z
  .object({
    identity: z.string().describe("What it calls itself in the Lease: the name of its pod, and a part that changes."),
    version: z.string().describe("Of Evenkeel."),
    leads: z.boolean().describe("Whether it is the one that writes. Every replica reads the pools and answers."),
    leader: z.string().describe("Identity of the one that leads. Absent: none is known.").exactOptional(),
  })
  .describe("The replica that answers.");

export const drainingDocument = z
  .object({
    pod: z.string(),
    connections: z
      .number()
      .describe("Open connections that it still holds. Absent where nobody knows.")
      .exactOptional(),
    since: unixMs("When the drain began. Absent where that was before this replica started.").exactOptional(),
  })
  .describe("A pod that gets no new traffic and keeps what it has.");

export const trafficDocument = z
  .object({
    requestsPerSecond: z.number().exactOptional(),
    errorPercent: z.number().describe("How many of them failed. Absent where there were none.").exactOptional(),
    responseMs: z
      .number()
      .describe("Mean response time. Where pods do not report it, the time to the answer of a probe.")
      .exactOptional(),
  })
  .describe("Over all ready pods that are measured. Each is absent where no pod reports it.");

export type TroubleDocument = Told<typeof troubleDocument>;
export type ReplicaDocument = Told<typeof replicaDocument>;
export type DrainingDocument = Told<typeof drainingDocument>;
