import { maxDrainedPods } from "../../api/status.ts";
import { countedIs } from "../basics/counted.ts";
import { hold } from "./decision.ts";
import type { Limit } from "./load-case.ts";
import { fewestAfter, mostAfter, stepOf } from "./step.ts";

const stepUp: Limit = (given) => {
  const { scaling, ledger } = given;
  const step = stepOf(given, "up");
  ledger.given("stepFrom", step.from);
  ledger.given("maxStepPods", scaling.up.maxStepPods);
  ledger.given("maxStepPercent", scaling.up.maxStepPercent);
  const formula = "stepFrom + max(maxStepPods, ceil(stepFrom * maxStepPercent / 100))";
  const allowed = ledger.step("allowed", formula, mostAfter(scaling, step));
  return {
    name: "allowed",
    replicas: allowed,
    reached: (wanted, arithmetic) =>
      hold(
        "StepLimit",
        `${countedIs(wanted, "replica")} needed, the step in progress allows ${allowed}: ${arithmetic}.`,
        wanted,
      ),
  };
};

const maximum: Limit = ({ scaling: { maxReplicas }, ledger }) => ({
  name: "maxReplicas",
  replicas: ledger.given("maxReplicas", maxReplicas),
  reached: (wanted, arithmetic) =>
    hold(
      "AtMaximum",
      `${countedIs(wanted, "replica")} needed, maxReplicas is ${maxReplicas}: ${arithmetic}.`,
      maxReplicas,
    ),
});

const stepDown: Limit = (given) => {
  const { scaling, fleet, ledger } = given;
  const step = stepOf(given, "down");
  ledger.given("stepFrom", step.from);
  ledger.given("maxStepPods", scaling.down.maxStepPods);
  ledger.given("maxStepPercent", scaling.down.maxStepPercent);
  const left = "max(floor(stepFrom / 2), stepFrom - max(maxStepPods, floor(stepFrom * maxStepPercent / 100)))";
  const fewest = Math.max(fewestAfter(scaling, step), fleet.replicas - maxDrainedPods);
  const allowed = ledger.step("allowed", `max(${left}, replicas - ${maxDrainedPods})`, fewest);
  return {
    name: "allowed",
    replicas: allowed,
    reached: (wanted, arithmetic) =>
      hold(
        "StepLimit",
        `${countedIs(wanted, "replica")} enough, the step in progress leaves ${allowed}: ${arithmetic}.`,
        wanted,
      ),
  };
};

/** What bounds a scale-up beside its need. Of several that are reached the last one speaks: it lasts longest. */
export const upLimits: readonly Limit[] = [stepUp, maximum];

/** What bounds a scale-down beside what was needed lately. */
export const downLimits: readonly Limit[] = [stepDown];
