import fc from "fast-check";
import { expect, test } from "vitest";
import type { LastScale, PoolStatus } from "../../src/api/status.ts";
import { merge, newestOf } from "../../src/page/history.ts";
import type { HistoryDocument } from "../../src/serve/documents.ts";
import { createHistory } from "../../src/serve/page/history.ts";
import { endpointOf, knownPool, plannedAt, plannedOn, readySetOf } from "../serve/known.ts";

const key = "shop/checkout";

const moment = fc.record({
  afterMs: fc.integer({ min: 1, max: 4_000 }),
  loads: fc.array(fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }), { maxLength: 4 }),
  reason: fc.constantFrom("WithinLimit" as const, "WaitingForPolls" as const),
  scaled: fc.boolean(),
  asked: fc.boolean(),
});

/** Pods by name, as their order says nothing. */
const comparable = ({ pods, ...rest }: HistoryDocument) => ({
  ...rest,
  pods: Object.fromEntries(pods.map(({ pod, ...columns }) => [pod, columns])),
});

test("a page that asks now and then for what is new knows what it would be told anew", () => {
  fc.assert(
    fc.property(fc.array(moment, { minLength: 2, maxLength: 200 }), (moments) => {
      const history = createHistory();
      let page: HistoryDocument | undefined;
      let at = plannedAt;
      let status: PoolStatus = { replicas: 1 };
      const ask = (): HistoryDocument =>
        page ? merge(page, history.describe(key, at, newestOf(page))!) : history.describe(key, at)!;
      for (const [turn, { afterMs, loads, reason, scaled, asked }] of moments.entries()) {
        at += afterMs;
        if (scaled) {
          const from = status.replicas!;
          // Kubernetes keeps whole seconds.
          const time = new Date(Math.floor(at / 1_000) * 1_000).toISOString();
          const step = { time, from };
          const lastScale: LastScale = { time, from, to: from + 1, reason: "LoadAboveLimit", message: `${turn}`, step };
          status = { replicas: from + 1, lastScale };
        }
        const endpoints = loads.map((load, index) =>
          endpointOf(`pod-${index}`, index + 1, load === undefined ? {} : { load, connections: load / 2 }),
        );
        const changes = {
          endpoints,
          averageLoad: at % 100,
          ...(at % 3 > 0 && { readySet: readySetOf(at % 4, 4) }),
          scale: { kind: "hold", reason, message: `${turn}` } as const,
        };
        history.record(plannedOn({ ...knownPool("shop", "checkout", changes), status }, at));
        if (asked) page = ask();
      }
      expect(comparable(ask())).toEqual(comparable(history.describe(key, at)!));
    }),
    { numRuns: 60 },
  );
});

test("nothing new adds nothing", () => {
  const history = createHistory();
  history.record(knownPool("shop", "checkout"));
  const known = history.describe(key, plannedAt)!;
  const news = history.describe(key, plannedAt + 500, newestOf(known))!;
  expect(news).toMatchObject({ times: [], decisions: [], scales: [], pods: [] });
  expect(merge(known, news)).toEqual({ ...known, at: plannedAt + 500 });
});

test("what was scaled since the newest point of the hour is told again, and known once", () => {
  const history = createHistory();
  const time = new Date(plannedAt).toISOString();
  const step = { time, from: 1 };
  const lastScale: LastScale = { time, from: 1, to: 2, reason: "LoadAboveLimit", message: "80%", step };
  history.record({ ...knownPool("shop", "checkout"), status: { replicas: 2, lastScale } });
  const known = history.describe(key, plannedAt, undefined, "1h")!;
  expect(known).toMatchObject({ times: [], scales: [{ from: 1, to: 2 }] });
  const news = history.describe(key, plannedAt + 10_000, newestOf(known), "1h")!;
  expect(news.scales).toEqual(known.scales);
  expect(merge(known, news).scales).toEqual(known.scales);
});
