import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { strategyTypes } from "../../src/api/pool.ts";
import { poolStatus } from "../../src/api/status.ts";
import { readPool } from "../../src/client/pool-document.ts";
import { afterProbe } from "../../src/decide/membership/probing.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Plan } from "../../src/decide/planned.ts";
import { describe as describeStatus } from "../../src/decide/status/describe.ts";
import type { Observation, Probing, Reading, Sample } from "../../src/decide/world.ts";
import { withSample } from "../../src/observe/sampling/reading.ts";
import { measureHttp } from "../../src/observe/sources/measure.ts";
import { createFeed } from "../../src/serve/feed.ts";
import { describePool } from "../../src/serve/pools/describe-pool.ts";
import { observation, observedAt, pod, pool } from "../builders/builders.ts";
import { explain } from "../builders/explain.ts";
import { specIn } from "../builders/metrics.ts";

/** What somebody writes where a number is to be. */
const anyNumber = fc.oneof(
  fc.constantFrom("0", "1", "7", "100", "5e-324", "1e-300", "1e-9", "0.5", "1e6", "1e8", "1e9", "1e12", "1e15", "1e18"),
  fc.constantFrom("1e306", "1.7976931348623157e308", "1e999", "NaN", "+Inf", "-Inf", "-0", "-1", "-1e306"),
  fc.double({ noDefaultInfinity: true, noNaN: true, min: 0 }).map(String),
  fc.nat(1_000).map(String),
);
const metrics = ["open", "load", "served_total", "latency_sum", "latency_count", "failed_total"] as const;
const anyPage = fc
  .tuple(...metrics.map(() => fc.option(anyNumber, { nil: undefined, freq: 8 })))
  .map((values) =>
    values.flatMap((value, index) => (value === undefined ? [] : `${metrics[index]} ${value}\n`)).join(""),
  );

const source = {
  http: {
    connections: { name: "open" },
    load: { name: "load" },
    requests: { name: "served_total" },
    responseTime: { name: "latency" },
    errors: { name: "failed_total" },
  },
};
const optional = { http: { ...source.http, load: undefined } };
const pools = strategyTypes.flatMap((type) =>
  [source, optional].flatMap((given) => {
    const scaling = { maxReplicas: 20, maxAverageLoad: 1, connectionsPerPod: 1 };
    const metricsOf = { interval: "1s", source: given, probe: { type: "TCP" } };
    const needsLoad = type === "LeastLoad" || type === "Packing";
    return given === optional && needsLoad ? [] : [pool({ strategy: { type }, metrics: metricsOf, scaling })];
  }),
);

/** Paths to numbers that are none, in a plan or in what is made of it. */
function badNumbers(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [`${path}: ${value}`];
  if (typeof value !== "object" || value === null) return [];
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return entries.flatMap(([key, inner]) => badNumbers(inner, `${path}.${String(key)}`));
}

/** Times before everything else say that there was nothing before. */
const begun = ({ weights: { computedAt: _, publishedAt: __, trustedAt: ___, ...weights }, ...rest }: Memory) => ({
  ...rest,
  weights,
});

/** What an operator makes of its pods, second by second. */
class Life {
  readonly #base: Observation["pool"];
  readonly #pods: readonly string[];
  readonly #readings = new Map<string, Reading>();
  readonly #probings = new Map<string, Probing>();
  #memory: Memory | undefined;
  #now = observedAt;

  constructor(base: Observation["pool"], pods: readonly string[]) {
    this.#base = base;
    this.#pods = pods;
  }

  /** A second in which each pod tells its page. */
  live(pages: readonly string[]): {
    readonly seen: Observation;
    readonly planned: Plan;
    readonly before: Memory | undefined;
    readonly after: Memory;
  } {
    this.#now += 1_000;
    const measure = measureHttp(specIn(this.#base.spec.metrics, "http"), 60_000);
    for (const [index, name] of this.#pods.entries()) {
      const body = Buffer.from(pages[index] ?? "");
      const measured = measure({ kind: "answered", body, openMetrics: false }, this.#now);
      const takenAt = this.#now - 50;
      if (measured.kind === "measured") {
        const { kind: _, counter: __, ...values } = measured;
        const sample: Sample = { takenAt, ...values };
        this.#readings.set(name, withSample(this.#readings.get(name), sample, 5, this.#now));
      }
      const responseMs = 1 + index;
      const probed = { kind: "answered", responseMs } as const;
      this.#probings.set(name, afterProbe(this.#probings.get(name), probed, takenAt, this.#base.spec.health));
    }
    const seen = observation({
      now: this.#now,
      pool: this.#base,
      pods: this.#pods.map((name) => {
        const reading = this.#readings.get(name);
        return { pod: pod(name), probe: this.#probings.get(name)!, ...(reading && { reading }) };
      }),
      target: { uid: "uid-target", replicas: this.#pods.length },
    });
    const before = this.#memory;
    const { plan: planned, memory: after } = plan(seen, before);
    this.#memory = after;
    return { seen, planned, before, after };
  }
}

const documentOf = (seen: Observation, planned: Plan): string => {
  const feed = createFeed({ now: () => seen.now });
  const status = describeStatus(seen, planned, {});
  feed.set({ key: "shop/web", observation: seen, plan: planned, status });
  return JSON.stringify(describePool(feed.get("shop/web")!, { now: seen.now, staleMs: 0 }));
};

describe("whatever pods say", () => {
  const names = ["web-1", "web-2", "web-3", "web-4"];

  test("no plan, status, document or memory holds a number that is none, and clients read all of it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...pools),
        fc.array(fc.array(anyPage, { minLength: 4, maxLength: 4 }), { minLength: 2, maxLength: 6 }),
        (base, seconds) => {
          const life = new Life(base, names);
          for (const pages of seconds) {
            const { seen, planned, after } = life.live(pages);
            expect(badNumbers({ ...planned, memory: begun(after) })).toEqual([]);
            expect(badNumbers(explain(seen, planned))).toEqual([]);
            expect(poolStatus.safeParse(describeStatus(seen, planned, {})).error?.issues).toBeUndefined();
            const text = documentOf(seen, planned);
            expect(text).not.toContain("null");
            expect(readPool(text).endpoints).toHaveLength(names.length);
            for (const { responseMs } of planned.endpoints) expect(responseMs ?? 0).toBeLessThanOrEqual(3_600_000);
            const { spread, fullestShare, errorShare = 0, responseMs = 0, ...totals } = planned.signals;
            const shares = [errorShare, ...Object.values(fullestShare)];
            const others = [...Object.values(spread), ...Object.values(totals)];
            expect(Math.min(responseMs, ...shares, ...others)).toBeGreaterThanOrEqual(0);
            expect(Math.max(...shares)).toBeLessThanOrEqual(1);
            expect(responseMs).toBeLessThanOrEqual(3_600_001);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("what the load asks for has room in status", () => {
    const many = Array.from({ length: 30 }, (_, index) => `web-${index}`);
    const life = new Life(pool({ metrics: { source }, scaling: { maxReplicas: 90, connectionsPerPod: 1 } }), many);
    const pages = many.map(() => "open 100000000\nload 1000000\n");
    life.live(pages);
    const { seen, planned, before } = life.live(pages);
    const step = { time: new Date(seen.now - 1_000).toISOString(), from: 26 };
    const lastScale = { time: step.time, from: 26, to: 30, reason: "LoadAboveLimit", message: "", step };
    const scaling = { ...seen.pool.spec.scaling!, up: { ...seen.pool.spec.scaling!.up, maxStepPercent: 1 } };
    const limited = { ...seen, status: { lastScale }, pool: { ...seen.pool, spec: { ...seen.pool.spec, scaling } } };
    const held = plan(limited, before).plan;
    expect(held.scale).toMatchObject({ kind: "hold", reason: "StepLimit", recommended: 3_000_000_000 });
    for (const made of [planned, held]) expect(poolStatus.safeParse(describeStatus(seen, made, {})).success).toBe(true);
  });

  const honest = (second: number, isSlow: boolean) =>
    `open 3\nload 10\nserved_total ${second * 10}\nlatency_sum ${second * (isSlow ? 5 : 1)}\nlatency_count ${second * 10}\nfailed_total 0\n`;

  test.each(["NaN", "1e306", "+Inf", "-1", "1e18"])(
    "what they said once is over when they are honest again: a sum of %s",
    (sum) => {
      const base = pools.find(({ spec }) => spec.strategy.type === "FastestResponse")!;
      const life = new Life(base, names);
      life.live(names.map(() => honest(1, false)));
      life.live(
        names.map((_, index) => honest(2, false).replace(/latency_sum .*/, index === 3 ? `latency_sum ${sum}` : "$&")),
      );
      life.live(
        names.map((_, index) =>
          honest(3, false).replace(/latency_count .*/, index === 2 ? "latency_count 5e-324" : "$&"),
        ),
      );
      let last: Plan | undefined;
      for (let second = 4; second < 120; second++)
        last = life.live(names.map((_, index) => honest(second, index === 3))).planned;
      const weights = new Map(last!.endpoints.map(({ pod: name, weight }) => [name, weight]));
      // The slow one has lost most of its share.
      expect(weights.get("web-4")).toBeLessThan(300);
      expect(weights.get("web-1")).toBeGreaterThan(1_000);
    },
  );
});
