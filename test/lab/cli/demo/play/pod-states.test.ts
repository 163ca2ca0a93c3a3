import { expect, test } from "vitest";
import { plan } from "../../../../../src/decide/plan.ts";
import type { ObservedPod } from "../../../../../src/decide/world.ts";
import { PodStates } from "../../../../../src/lab/cli/demo/play/pod-states.ts";
import { connected, failing, observation, pod } from "../../../../builders/builders.ts";

const decide = (...pods: readonly ObservedPod[]) => {
  const seen = observation({ pods });
  return { observation: seen, plan: plan(seen).plan };
};

const frozen: ObservedPod = { pod: pod("web-1"), reading: failing("TimedOut") };
const draining = { pod: pod("web-1", { drainRequested: true }), reading: connected("web-1", 5).reading! };

test("of a pod that somebody has laid a hand on it tells what the operator says, once", () => {
  const states = new PodStates();
  const well = decide(connected("web-1", 5), connected("web-2", 6));
  states.follow("web-1");
  expect(states.look(well)).toEqual([]);
  expect(states.look(decide(frozen, connected("web-2", 6)))).toEqual(["web-1: not measured: TimedOut"]);
  expect(states.look(decide(frozen, connected("web-2", 7)))).toEqual([]);
  expect(states.look(well)).toEqual(["web-1: takes traffic and is measured again"]);
  expect(states.look(decide(draining, connected("web-2", 6)))).toEqual(["web-1: Draining"]);
  const going = { ...draining, pod: pod("web-1", { drainRequested: true, terminating: true }) };
  expect(states.look(decide(going, connected("web-2", 6)))).toEqual([]);
  expect(states.look(decide(connected("web-2", 6)))).toEqual(["web-1: gone"]);
  expect(states.look(decide(frozen, connected("web-2", 6)))).toEqual([]);
});

test("a drain that is refused is told with its reason", () => {
  const states = new PodStates();
  states.follow("web-1");
  expect(states.look(decide(draining))).toEqual([
    expect.stringMatching(/^web-1: DrainRefused: .*marked with evenkeel\.io\/drain: no other pod is ready\.$/),
  ]);
});
