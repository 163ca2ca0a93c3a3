import fc from "fast-check";
import { expect, test } from "vitest";
import { extend } from "../../src/page/recording.ts";
import { describePool } from "../../src/serve/describe-pool.ts";
import type { HistoryDocument } from "../../src/serve/documents.ts";
import type { FeedEntry } from "../../src/serve/feed.ts";
import { createHistory } from "../../src/serve/history.ts";
import { endpointOf, knownPool, plannedAt } from "../serve/known.ts";

const key = "shop/checkout";

const moment = fc.record({
  afterMs: fc.integer({ min: 1, max: 4_000 }),
  loads: fc.array(fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }), { maxLength: 4 }),
  reason: fc.constantFrom("WithinLimit" as const, "WaitingForPolls" as const),
  scaled: fc.boolean(),
});

/** What does not depend on when it was asked; pods by name. */
const comparable = ({ at: _, pods, ...rest }: HistoryDocument) => ({
  ...rest,
  pods: Object.fromEntries(pods.map(({ pod, ...columns }) => [pod, columns])),
});

test("a page that heard every plan knows what the operator would tell it anew", () => {
  fc.assert(
    fc.property(fc.array(moment, { minLength: 1, maxLength: 150 }), fc.nat({ max: 40 }), (moments, openedAfter) => {
      const history = createHistory();
      let page: HistoryDocument | undefined;
      let at = plannedAt;
      let replicas = 1;
      let lastScale: FeedEntry["status"]["lastScale"];
      for (const [turn, { afterMs, loads, reason, scaled }] of moments.entries()) {
        at += afterMs;
        if (scaled) {
          const time = new Date(at).toISOString();
          const step = { time, from: replicas };
          lastScale = { time, from: replicas, to: replicas + 1, reason: "LoadAboveLimit", message: `${turn}`, step };
          replicas += 1;
        }
        const endpoints = loads.map((load, index) =>
          endpointOf(`pod-${index}`, index + 1, load === undefined ? {} : { load, connections: load / 2 }),
        );
        const known = knownPool("shop", "checkout", {
          endpoints,
          averageLoad: at % 100,
          scale: { kind: "hold", reason, message: `${turn}` },
        });
        const entry: FeedEntry = {
          ...known,
          at,
          status: { replicas, ...(lastScale && { lastScale }) },
          key,
          version: `${turn}`,
        };
        history.record(key, entry);
        if (turn === openedAfter) page = history.describe(key, at);
        else if (page) page = extend(page, describePool(entry, at));
      }
      const told = history.describe(key, at)!;
      if (page) expect(comparable(page)).toEqual(comparable(told));
    }),
    { numRuns: 60 },
  );
});

test("what a stream repeats when it begins is not counted twice", () => {
  const history = createHistory();
  const known = knownPool("shop", "checkout");
  history.record(key, known);
  const document = history.describe(key, plannedAt)!;
  const entry: FeedEntry = { ...known, key, version: "1" };
  expect(extend(document, describePool(entry, plannedAt))).toEqual(document);
});
