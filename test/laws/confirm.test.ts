import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideScale, type ScalingMemory } from "../../src/decide/scaling/decide-scale.ts";
import type { Reading } from "../../src/decide/world.ts";
import { PerPod } from "../../src/observe/sampling/per-pod.ts";
import { withSample } from "../../src/observe/sampling/reading.ts";
import { Slots } from "../../src/observe/sampling/slots.ts";
import { createByteBudget } from "../../src/pods/fetcher.ts";
import { observation, observedAt, pod, pool } from "../builders/builders.ts";

const intervalMs = 1_000;
const quarterMs = 250;
const limit = 50;
const calm = 20;
/** A sample brings a pass within this time. */
const batchMs = 50;
/** What an answer takes at most. */
const answerMs = 40;

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Small and good enough, so that a run is the same each time. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Time, the pods of a pool, their samples on pulses of their own, and the decisions on them, which are obeyed. */
class Loop {
  now = observedAt;
  scrapes = 0;
  replicas: number;
  scaledAt: number | undefined;
  /** When samples were asked for before their time. */
  readonly confirmed: number[] = [];
  load: (atMs: number, scrape: number) => number = () => calm;
  readonly #pods;
  readonly #perPod: PerPod<Reading, number>;
  readonly #pool;
  readonly #obeys: boolean;
  #timers: Timer[] = [];
  #memory: ScalingMemory | undefined;
  #isPassDue = false;

  constructor(pods: number, seed: number, { scaling = {}, obeys = true } = {}) {
    this.replicas = pods;
    this.#obeys = obeys;
    this.#pods = Array.from({ length: pods }, (_, index) => pod(`web-${index}`));
    this.#pool = pool({ scaling: { maxReplicas: 1_000, maxAverageLoad: limit, ...scaling } });
    const scraped = new Map<string, number>();
    const polling = {
      pool: "shop/web",
      flow: { namespace: "shop", name: "web samples" },
      timeoutMs: 800,
      intervalMs: () => intervalMs,
      open: () => ({
        ask: async ({ uid }: { uid: string }) => {
          this.scrapes += 1;
          scraped.set(uid, (scraped.get(uid) ?? 0) + 1);
          await new Promise<void>((resolve) => this.#after(answerMs * random(), resolve));
          return this.load(this.now - observedAt, scraped.get(uid)!);
        },
        close: async () => {},
      }),
      learn: (known: Reading | undefined, load: number, takenAt: number) =>
        withSample(known, { takenAt, load }, 3, takenAt),
      report: () => {},
    };
    const nothing = () => {};
    const random = randomOf(seed + 1);
    const context = {
      now: () => this.now,
      random: randomOf(seed),
      setTimer: (run: () => void, delayMs: number) => this.#after(delayMs, run),
      slots: new Slots(128),
      listSlots: new Slots(8),
      querySlots: new Slots(8),
      prometheus: undefined,
      room: createByteBudget(),
      dialPolicy: { allowLoopback: true, allowHostNetwork: false },
      listPodMetrics: async () => undefined,
      credentials: { follow: () => expect.unreachable("no pod here asks who reads it") },
      reports: { read: () => undefined },
      startedAt: observedAt,
      onSample: () => this.#wake(),
      onAttempt: nothing,
      onProbe: nothing,
      onError: (error: unknown) => {
        throw error;
      },
    };
    this.#perPod = new PerPod<Reading, number>(context, polling);
    this.#perPod.follow(this.#pods, () => undefined);
  }

  get atMs(): number {
    return this.now - observedAt;
  }

  /** Lets time pass up to a moment, or until replicas are added. */
  async runTo(atMs: number): Promise<void> {
    const end = observedAt + atMs;
    for (;;) {
      const next = this.#timers.reduce<Timer | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
      if (!next || next.at > end || this.scaledAt !== undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.run();
      // What a timer began takes no time, but turns of the queue of promises.
      for (let turn = 0; turn < 12; turn += 1) await undefined;
    }
    if (this.scaledAt === undefined) this.now = end;
  }

  #after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.now + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  #wake(): void {
    if (this.#isPassDue) return;
    this.#isPassDue = true;
    this.#after(batchMs, () => {
      this.#isPassDue = false;
      this.#look();
    });
  }

  #look(): void {
    const known = this.#perPod.known;
    const pods = this.#pods.map((each) => ({
      pod: each,
      ...(known.has(each.uid) && { reading: known.get(each.uid)! }),
    }));
    const target = { uid: "uid-target", replicas: this.replicas };
    const seen = observation({ now: this.now, pool: this.#pool, pods, target });
    const { decision, confirm, memory } = decideScale(seen, this.#memory);
    this.#memory = memory;
    if (confirm && this.confirmed.at(-1) !== confirm.at) {
      this.confirmed.push(confirm.at);
      if (this.#obeys) this.#perPod.hurry(Math.max(0, confirm.at - this.now));
    }
    if (decision.kind === "scale") this.scaledAt = this.atMs;
  }
}

const anyPods = fc.integer({ min: 1, max: 30 });
const anySeed = fc.integer({ min: 1, max: 1_000_000 });
/** By when every pod was read often enough that a phase is as likely as any other. */
const warmMs = 5_000;
const anyPhase = fc.integer({ min: 0, max: 1_000 });
/** Over the limit by so much of it. */
const anyExcess = fc.double({ min: 0.02, max: 3, noNaN: true });

describe("samples that are brought forward", () => {
  test("bring replicas a quarter of the interval after the poll that passed the limit", async () => {
    await fc.assert(
      fc.asyncProperty(anyPods, anySeed, anyPhase, anyExcess, async (pods, seed, phase, excess) => {
        const begunAt = warmMs + phase;
        const loop = new Loop(pods, seed);
        loop.load = (atMs) => (atMs < begunAt ? calm : limit * (1 + excess));
        await loop.runTo(begunAt + 10_000);
        expect(loop.confirmed).toHaveLength(1);
        expect(loop.scaledAt! + observedAt - loop.confirmed[0]!).toBeGreaterThanOrEqual(0);
        expect(loop.scaledAt! + observedAt - loop.confirmed[0]!).toBeLessThanOrEqual(batchMs + answerMs);
        expect(loop.scaledAt! - begunAt).toBeGreaterThan(quarterMs);
        expect(loop.scaledAt! - begunAt).toBeLessThanOrEqual(intervalMs + quarterMs + 2 * (batchMs + answerMs));
      }),
      { numRuns: 100 },
    );
  });

  test("add nothing for a burst that is over before them", async () => {
    await fc.assert(
      fc.asyncProperty(anyPods, anySeed, anyPhase, anyExcess, async (pods, seed, phase, excess) => {
        const begunAt = warmMs + phase;
        const loop = new Loop(pods, seed);
        const isOver = () => loop.confirmed.some((at) => loop.now > at - 0.01);
        loop.load = (atMs) => (atMs < begunAt || isOver() ? calm : limit * (1 + excess));
        await loop.runTo(begunAt + 10_000);
        expect(loop.confirmed).toHaveLength(1);
        expect(loop.scaledAt).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  test("are no more than those of a pool that is never hurried, in ten quiet minutes", async () => {
    const scrapesIn = async (obeys: boolean) => {
      const loop = new Loop(20, 7, { obeys });
      loop.load = (_, scrape) => limit - 1 + (scrape % 2) * 0.5;
      await loop.runTo(600_000);
      return { scrapes: loop.scrapes, confirmed: loop.confirmed.length };
    };
    const quiet = await scrapesIn(true);
    expect(quiet).toEqual(await scrapesIn(false));
    expect(quiet.confirmed).toBe(0);
  });

  test("are a tenth at most where the load hovers about the limit, however often it passes", async () => {
    const minutes = 5;
    const scrapesOf = async (obeys: boolean) => {
      const loop = new Loop(3, 11, { obeys, scaling: { up: { polls: 2 } } });
      // Each sample contradicts the one before.
      loop.load = (_, scrape) => (scrape % 2 === 0 ? limit + 10 : limit - 20);
      await loop.runTo(minutes * 60_000);
      expect(loop.scaledAt).toBeUndefined();
      return { scrapes: loop.scrapes, confirmed: loop.confirmed.length };
    };
    const [hurried, calmly] = [await scrapesOf(true), await scrapesOf(false)];
    expect(hurried.confirmed).toBeGreaterThan(5);
    expect(hurried.scrapes / calmly.scrapes).toBeLessThanOrEqual(1.1);
    expect(hurried.scrapes).toBeGreaterThan(calmly.scrapes);
  });
});
