import { Fence } from "../../../../src/act/fence.ts";
import { Publisher, settingOf } from "../../../../src/act/publisher.ts";
import { toSlice } from "../../../../src/act/slice.ts";
import { Slices } from "../../../../src/act/slices.ts";
import type { PoolStatus } from "../../../../src/api/status.ts";
import type { Memory } from "../../../../src/decide/memory.ts";
import { planInSteps } from "../../../../src/decide/plan.ts";
import type { Plan } from "../../../../src/decide/planned.ts";
import { backdropOf, describe } from "../../../../src/decide/status/describe.ts";
import { noticeable } from "../../../../src/decide/status/noticeable.ts";
import type { Observation, Pod, Reading } from "../../../../src/decide/world.ts";
import { keyOf } from "../../../../src/key.ts";
import { Gate } from "../../../../src/kube/gate.ts";
import type { Objects } from "../../../../src/kube/objects.ts";
import type { KubeObject } from "../../../../src/kube/types.ts";
import { Cluster } from "../../../../src/observe/cluster/cluster.ts";
import { observationOf } from "../../../../src/observe/cluster/sight.ts";
import { withSample } from "../../../../src/observe/sampling/reading.ts";
import { createSampler } from "../../../../src/observe/sampling/sampler.ts";
import { TargetPods } from "../../../../src/observe/targets/target-pods.ts";
import type { CpuClock } from "./cpu-clock.ts";

/** What a pass leaves for who follows the pool. */
export interface Passed {
  readonly key: string;
  readonly observation: Observation;
  readonly plan: Plan;
  readonly status: PoolStatus;
}

const never = new Promise<never>(() => {});
/** Of writes nobody waits for an answer: what is measured is what comes before them. */
const silent = { create: () => never, update: () => never, apply: () => never, remove: () => never };

const samples = 4;

/** The passes of pools over pods that have other figures each second, with each stretch measured by itself. */
export class Passes {
  readonly cluster: Cluster;
  readonly #clock: CpuClock;
  #now = 0;
  readonly #slices: Slices;
  readonly #publisher: Publisher;
  readonly #fence: Fence;
  readonly #readings = new Map<string, Reading>();
  readonly #memories = new Map<string, Memory>();
  readonly #statuses = new Map<string, PoolStatus>();
  readonly #term = new AbortController();
  readonly #sampler = createSampler({
    now: () => this.#now,
    random: Math.random,
    // Nobody is ever asked: figures come from `stir`.
    setTimer: () => () => {},
    onSample: () => {},
  });

  /** `now` is where time begins, in Unix milliseconds. */
  constructor(clock: CpuClock, now: number) {
    this.#clock = clock;
    this.#now = now;
    const monotonic = (): number => performance.now();
    this.#fence = new Fence({
      gate: new Gate({ brisk: 24, slow: 40, slowMs: 500, now: monotonic }),
      now: monotonic,
      random: Math.random,
      term: () => this.#term.signal,
      wake: () => {},
      onMiss: () => {},
    });
    this.#slices = new Slices(this.#fence);
    this.#publisher = new Publisher({
      objects: silent as unknown as Objects,
      slices: this.#slices,
      onWrite: () => {},
    });
    this.cluster = new Cluster({
      allowLoopback: false,
      wake: () => {},
      wakeMarks: () => {},
      slices: this.#slices,
      targets: new TargetPods({
        targets: { get: () => ({ kind: "unread" }), hurry: () => {}, forget: () => {} },
        owners: { controllerOf: () => ({ kind: "unread" }) },
        now: monotonic,
      }),
      statusOf: (view) => this.#statuses.get(keyOf(view)) ?? {},
      autoscalersUnread: () => undefined,
      entriesOf: () => undefined,
    });
  }

  get now(): number {
    return this.#now;
  }

  /** A slice as the watch shows it. */
  show(raw: KubeObject): void {
    const slice = toSlice(raw);
    this.#slices.onChange({ key: keyOf(slice.metadata), current: slice }, () => undefined);
  }

  /** A second goes by, after which every pod has reported other figures. */
  stir(pods: readonly Pick<Pod, "uid">[]): void {
    this.#now += 1_000;
    for (const [index, { uid }] of pods.entries()) {
      const connections = Math.floor(20 + 60 * Math.random());
      const before = this.#readings.get(uid);
      const requests = (before?.samples[0]?.requests ?? 1_000 * index) + connections;
      const sample = {
        takenAt: this.#now - 10 - (index % 900),
        connections,
        load: connections,
        requests,
        errors: Math.floor(requests / 100),
        responses: { totalMs: 20 * requests, count: requests },
        responseMs: 10 + 20 * Math.random(),
        errorShare: 0.01,
      };
      this.#readings.set(uid, withSample(before, sample, samples, this.#now));
    }
  }

  /** As `reconcile` goes, which rests wherever a stretch ends here. */
  pass(key: string): Passed {
    const clock = this.#clock;
    const status = this.#statuses.get(key) ?? {};
    const sight = clock.time("look", () => {
      const seen = this.cluster.look(key);
      if (seen?.kind !== "pool") throw new Error(`pool ${key} is ${seen?.kind}`);
      const { pool, pods, selector } = seen;
      this.#sampler.follow(key, { metrics: pool.spec.metrics!, keep: samples, pods, selector });
      return seen;
    });
    const steps = this.#stepsOf(() =>
      observationOf(sight, { readings: this.#readings, probings: new Map() }, status, this.#now),
    );
    const { observation, plan, memory } = clock.timeSteps((step) => `plan_${step}`, steps(this.#memories.get(key)));
    this.#memories.set(key, memory);
    clock.time("publish", () => {
      const grant = this.#fence.grant(sight.view, this.#term.signal)!;
      return this.#publisher.publish(sight.pool, sight.places.current, plan.members, grant, settingOf(plan));
    });
    const described = clock.time("status", () => {
      const after = describe(observation, plan, {});
      const backdrop = backdropOf(plan);
      noticeable(status, after, { before: backdrop, after: backdrop });
      // What goes on its way to the API server.
      JSON.stringify(after);
      return after;
    });
    this.#statuses.set(key, described);
    return { key, observation, plan, status: described };
  }

  /** What is read of samples belongs to the first step. */
  #stepsOf(observe: () => Observation) {
    return function* (memory: Memory | undefined) {
      const observation = observe();
      return { observation, ...(yield* planInSteps(observation, memory)) };
    };
  }

  async close(): Promise<void> {
    this.#term.abort();
    await this.#sampler.close();
  }
}
