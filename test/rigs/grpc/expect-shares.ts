import { expect } from "vitest";
import { type CallResult, sharesOf } from "./grpc-client.ts";

/** No call failed, and each pod answered its part of them, within 5 points. */
export function expectShares(result: CallResult, wanted: Readonly<Record<string, number>>): void {
  expect(result.errors).toEqual({});
  expect(Object.keys(result.answers).sort()).toEqual(Object.keys(wanted).sort());
  for (const [pod, share] of Object.entries(sharesOf(result)))
    expect(Math.abs(share - wanted[pod]!)).toBeLessThan(0.05);
}
