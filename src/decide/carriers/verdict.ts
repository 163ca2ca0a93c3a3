import { listed } from "../../api/rules.ts";
import type { WordedVerdict } from "../planned.ts";
import type { CarrierPlan } from "./planned-carrier.ts";

/** Whether others' objects carry the weights, as far as it is known before they are written. */
export function judgeCarriers(plans: readonly CarrierPlan[]): WordedVerdict {
  const type = "WeightsPublished";
  const refusals = plans.flatMap(({ refusal }) => refusal ?? []);
  const [first] = refusals;
  if (first)
    return { type, status: "False", reason: first.reason, message: refusals.map(({ message }) => message).join(" ") };
  const types = listed(
    plans.map((plan) => plan.type),
    "and",
  );
  return { type, status: "True", reason: "Written", message: `The weights go to the objects of ${types}.` };
}
