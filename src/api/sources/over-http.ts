import * as z from "zod";
import { pathAndQuery, portRef } from "../dial.ts";

export const port = portRef("Port to read, by name or number; the pod's containers must declare it.", (ref) =>
  ref.prefault("metrics"),
);
export const pathOr = (fallback: string) =>
  pathAndQuery.default(fallback).describe("Path of the request, optionally with a query.");

const mebibyte = 1_048_576;

/** What one pod may at most make the operator hold, and read in one go: JSON takes longer. */
export const maxBytesCeiling = { http: 8 * mebibyte, json: 2 * mebibyte };
export const maxSamplesCeiling = 100_000;

/** Of a body, as sent and as decoded. */
export const maxBytesUpTo = (ceiling: number) =>
  z
    .int32()
    .min(1_024)
    .max(ceiling)
    .default(mebibyte)
    .describe("Largest answer that is read, in bytes, as sent and after decompression.");

export const needsOne = {
  cel: "has(self.connections) || has(self.load) || has(self.responseTime)",
  message: "needs connections, load or responseTime",
  holds: (source: { connections?: unknown; load?: unknown; responseTime?: unknown }) =>
    Boolean(source.connections ?? source.load ?? source.responseTime),
};

export const needsCount = {
  cel: "!has(self.errors) || has(self.requests) || has(self.responseTime)",
  message: "errors needs requests or responseTime, which say how many requests there were",
  holds: (source: { errors?: unknown; requests?: unknown; responseTime?: unknown }) =>
    source.errors === undefined || Boolean(source.requests ?? source.responseTime),
};

export const unit = z.enum(["Seconds", "Milliseconds"]).default("Seconds").describe("Unit of the times.");
