import { quietReasons, type Reason } from "../api/reasons.ts";
import type { PoolCondition } from "../api/status.ts";

type Told = Pick<PoolCondition, "status" | "reason" | "message">;

const writersFound: Reason = "WritersFound";

/** Whether a condition says something new, and not the same with other figures. */
export function isTurn(earlier: Told | undefined, { status, reason, message }: Told): boolean {
  if (earlier?.status !== status) return earlier !== undefined || status === "False";
  if (status === "Unknown") return false;
  // The message names who takes writes now.
  if (earlier.reason === reason) return reason === writersFound && earlier.message !== message;
  return status === "False" || !quietReasons.has(reason);
}
