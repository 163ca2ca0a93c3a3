import { expect, test } from "vitest";
import { plan } from "../../../../../src/decide/plan.ts";
import { Controls } from "../../../../../src/lab/cli/demo/play/controls.ts";
import { allKeys } from "../../../../../src/lab/cli/demo/play/key-help.ts";
import type { FeedEntry } from "../../../../../src/serve/feed.ts";
import { connected, observation } from "../../../../builders/builders.ts";

/** Controls over a pool of two pods, and what they have made of it, none of which the operator has seen. */
function start() {
  const seen = observation({ pods: [connected("web-1", 5), connected("web-2", 6)] });
  const entry = { observation: seen, plan: plan(seen).plan } as FeedEntry;
  const state = { paused: false, drained: new Set<string>() };
  const controls = new Controls({
    levers: {
      kill: async () => {},
      setFault: () => true,
      faultOf: () => undefined,
      connectionsOf: () => 5,
      setDrain: async (pod, drains) => void (drains ? state.drained.add(pod) : state.drained.delete(pod)),
      setStrategy: async () => {},
      setPaused: async (paused) => {
        state.paused = paused;
      },
      rollOut: async () => {},
    },
    keys: allKeys,
    pageUrl: "http://127.0.0.1:8081",
    pods: () => ["web-1", "web-2"],
    entry: () => entry,
    openBrowser: async () => false,
    elapsed: () => 1_000,
    end() {},
    onNote() {},
  });
  const press = (keys: string): void => {
    for (const key of keys) {
      controls.press(key);
      controls.look();
    }
  };
  return { state, press };
}

test("a second key undoes what the first one did, though the operator has seen neither", () => {
  const { state, press } = start();
  press("pd");
  expect(state).toMatchObject({ paused: true, drained: new Set(["web-1"]) });
  press("pd");
  expect(state).toMatchObject({ paused: false, drained: new Set() });
  press("pjd");
  expect(state).toMatchObject({ paused: true, drained: new Set(["web-2"]) });
});
