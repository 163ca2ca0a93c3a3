import { expect, test } from "vitest";
import { isTurn } from "../../src/act/turn.ts";
import { quietReasons } from "../../src/api/reasons.ts";

type Told = NonNullable<Parameters<typeof isTurn>[0]>;

const told = (status: Told["status"], reason: string, message = `${reason}.`): Told => ({ status, reason, message });

test.each<[what: string, before: Told | undefined, after: Told, isNews: boolean]>([
  ["a condition that holds from the start", undefined, told("True", "EndpointsReady"), false],
  ["one that does not", undefined, told("False", "NoPods"), true],
  ["another status", told("False", "NoPods"), told("True", "EndpointsReady"), true],
  ["another status, by a quiet reason", told("False", "NoSamples"), told("True", "WithinLimit"), true],
  ["another reason of what does not hold", told("False", "NoPods"), told("False", "NoReadyPods"), true],
  ["another reason of what holds", told("True", "EndpointsReady"), told("True", "SelectorMoved"), true],
  ["and back", told("True", "SelectorMoved"), told("True", "EndpointsReady"), true],
  ["a bound that is reached", told("True", "WithinLimit"), told("True", "AtMaximum"), true],
  ["another reason of what is not known", told("Unknown", "NoPods"), told("Unknown", "NotMeasuredYet"), false],
  ["other figures", told("True", "AtMaximum", "9 are needed."), told("True", "AtMaximum", "10 are needed."), false],
  [
    "another pod that takes writes",
    told("True", "WritersFound", "Writes go to db-0."),
    told("True", "WritersFound", "Writes go to db-1."),
    true,
  ],
])("%s", (_, before, after, isNews) => expect(isTurn(before, after)).toBe(isNews));

test("a load that comes and goes makes no Events by itself", () => {
  const reasons = ["WithinLimit", "WaitingForPolls", "LoadAboveLimit", "WaitingForWindow", "AllFresh", "SomeNotFresh"];
  for (const reason of reasons) {
    expect(quietReasons).toContain(reason);
    expect(isTurn(told("True", "AtMaximum"), told("True", reason))).toBe(false);
  }
});
