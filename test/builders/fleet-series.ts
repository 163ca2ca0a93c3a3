import type { Drain, LastScale } from "../../src/api/status.ts";
import { toTime } from "../../src/api/time.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { Observation, ObservedPod, Pod, Sample } from "../../src/decide/world.ts";
import { observation, observedAt, pod, pool } from "./builders.ts";

/** How the pods of a fleet behave. Times are in seconds. */
export interface FleetBehaviour {
  /** From a pod's creation, or from the restart of its container, to its readiness. */
  readonly startS: number;
  /** What it tells while it does not serve, and for a while after, in percent. */
  readonly hot: number;
  readonly hotAfterS?: number;
  /** Load of all serving pods together, which they share evenly. */
  readonly demand: (second: number) => number;
  /** With `resource`, how long its windows are, and how often one ends. */
  readonly windowS?: number;
  /** What the API says of when a pod became ready, or unready, instead of the time itself. */
  readonly tell?: (changedAt: number, now: number) => number;
  readonly strategy?: { readonly surge: number; readonly unavailable: number };
}

interface FleetPod {
  readonly name: string;
  readonly template: number;
  readonly createdAt: number;
  startedAt: number;
  restarts: number;
  readyAt: number;
  ready: boolean;
  changedAt: number;
  /** Out for its readiness until then, though its containers run. */
  outUntil: number;
  /** Load in each second since its creation, with the one that begins. */
  readonly loads: number[];
}

const intervalMs = 1_000;

/**
 * A Deployment whose pods start, serve, fall and are rolled, and the operator on it, a second at a time. Nothing of it is
 * asked of a cluster; what is planned is carried out.
 */
export class FleetSeries {
  readonly #behaviour: FleetBehaviour;
  readonly #pool: Observation["pool"];
  readonly #pods: FleetPod[] = [];
  #second = 0;
  #made = 0;
  #template = 1;
  #status: { drain?: Drain; lastScale?: LastScale } = {};
  memory: Memory | undefined;
  replicas: number;
  planned: Plan | undefined;
  /** Every scale that was carried out. */
  readonly scales: { readonly second: number; readonly from: number; readonly to: number }[] = [];

  /** Its first pods serve already, and have for longer than the pool is there, which came `poolAtS`. */
  constructor(
    behaviour: FleetBehaviour,
    replicas: number,
    parts: Readonly<Record<string, unknown>>,
    { poolAtS = -600 } = {},
  ) {
    this.#behaviour = behaviour;
    this.#pool = pool(
      {
        strategy: { type: "RoundRobin" },
        metrics: behaviour.windowS
          ? { interval: "5s", source: { resource: {} } }
          : { source: { http: { connections: { name: "open" }, load: { name: "load" } } } },
        ...parts,
      },
      { createdAt: observedAt + 1_000 * poolAtS },
    );
    this.replicas = replicas;
    for (let index = 0; index < replicas; index += 1) this.#make(-3_600);
    for (const { loads } of this.#pods) loads.push(...Array<number>(300).fill(behaviour.demand(0) / replicas));
  }

  get now(): number {
    return observedAt + 1_000 * this.#second;
  }

  get pods(): readonly { readonly name: string; readonly ready: boolean }[] {
    return this.#pods;
  }

  /** Whether all pods are of the newest template, and serve. */
  get isRolledOut(): boolean {
    const { length } = this.#pods.filter(({ template, ready }) => template === this.#template && ready);
    return length === this.replicas && this.#pods.length === this.replicas;
  }

  /** Another template: the pods are replaced as the strategy has it. */
  rollOut(): void {
    this.#template += 1;
  }

  /** Every pod is gone at once, and others are made in their place. */
  replaceAll(): void {
    this.#pods.splice(0);
  }

  /** A pod is out for its readiness for so long, with its containers running or started anew. */
  takeOut(index: number, seconds: number, restarts = false): void {
    const one = this.#pods[index]!;
    one.outUntil = this.now + 1_000 * seconds;
    if (!restarts) return;
    one.restarts += 1;
    one.startedAt = this.now;
    one.readyAt = this.now + 1_000 * this.#behaviour.startS;
  }

  /** The operator starts anew, with what the cluster tells. */
  restart(): void {
    this.memory = undefined;
  }

  run(seconds: number): this {
    for (let passed = 0; passed < seconds; passed += 1) this.#tick();
    return this;
  }

  #make(atSecond = this.#second): void {
    const createdAt = observedAt + 1_000 * atSecond;
    const readyAt = createdAt + 1_000 * this.#behaviour.startS;
    this.#pods.push({
      name: `web-${this.#made++}`,
      template: this.#template,
      createdAt,
      startedAt: createdAt,
      restarts: 0,
      readyAt,
      ready: readyAt <= this.now,
      changedAt: Math.min(readyAt, Math.max(createdAt, this.now)),
      outUntil: Number.NEGATIVE_INFINITY,
      loads: [],
    });
  }

  #tick(): void {
    this.#second += 1;
    this.#live();
    this.#control();
    this.#look();
  }

  /** What pods do in a second. */
  #live(): void {
    const { demand, hot, hotAfterS = 0 } = this.#behaviour;
    for (const one of this.#pods) {
      const ready = one.readyAt <= this.now && one.outUntil <= this.now;
      if (ready !== one.ready) Object.assign(one, { ready, changedAt: this.now });
    }
    const serving = this.#pods.filter(({ ready }) => ready);
    const share = demand(this.#second) / Math.max(1, serving.length);
    for (const { ready, readyAt, loads } of this.#pods)
      loads.push(ready && this.now >= readyAt + 1_000 * hotAfterS ? share : hot);
  }

  /** What a Deployment's controllers do. */
  #control(): void {
    const { surge, unavailable } = this.#behaviour.strategy ?? { surge: 1, unavailable: 0 };
    const isOld = ({ template }: FleetPod): boolean => template < this.#template;
    const remove = (one: FleetPod): void => void this.#pods.splice(this.#pods.indexOf(one), 1);
    const fresh = this.#pods.filter((one) => !isOld(one));
    const old = this.#pods.filter(isOld);
    for (const one of old) {
      const available = this.#pods.filter(({ ready }) => ready).length;
      if (!one.ready || available > this.replicas - unavailable) remove(one);
    }
    // The marked go first, then the youngest.
    const cost = ({ name }: FleetPod): number => (this.#status.drain?.pods.some((each) => each.name === name) ? 0 : 1);
    const order = fresh.toSorted(
      (a, b) => Number(a.ready) - Number(b.ready) || cost(a) - cost(b) || b.createdAt - a.createdAt,
    );
    for (const one of order.slice(0, Math.max(0, fresh.length - this.replicas))) remove(one);
    const room = this.replicas + (this.#pods.some(isOld) ? surge : 0) - this.#pods.length;
    const lacking = this.replicas - this.#pods.filter((one) => !isOld(one)).length;
    for (let count = 0; count < Math.min(room, lacking); count += 1) this.#make();
  }

  #look(): void {
    const given = observation({
      now: this.now,
      pool: this.#pool,
      pods: this.#pods.map((one) => this.#observe(one)),
      target: { uid: "uid-target", replicas: this.replicas },
      status: this.#status,
    });
    const { plan: planned, memory } = plan(given, this.memory);
    this.planned = planned;
    this.memory = memory;
    const { drain, scale } = planned;
    const { drain: _, ...rest } = this.#status;
    this.#status = { ...rest, ...(drain && { drain }) };
    if (scale.kind === "hold" || !scale.act) return;
    const { from, to, reason, message, step } = scale;
    this.replicas = to;
    this.#status = { ...this.#status, lastScale: { time: toTime(this.now), from, to, reason, message, step } };
    this.scales.push({ second: this.#second, from, to });
  }

  #observe(one: FleetPod): ObservedPod {
    const { name, template, createdAt, startedAt, restarts, ready, changedAt } = one;
    const told = this.#behaviour.tell?.(changedAt, this.now) ?? Math.floor(changedAt / 1_000) * 1_000;
    const state: Partial<Pod> = {
      createdAt,
      startedAt,
      restarts,
      ready,
      readyChangedAt: told,
      labels: { app: "web", "pod-template-hash": `t${template}` },
      owner: { kind: "ReplicaSet", uid: `uid-set-${template}` },
      ...(this.#status.drain && this.#mark(name)),
    };
    const samples = this.#behaviour.windowS ? this.#windows(one, this.#behaviour.windowS) : this.#readings(one);
    return { pod: pod(name, state), reading: { samples, failures: 0 } };
  }

  #mark(name: string): Partial<Pod> {
    const isVictim = this.#status.drain!.pods.some((each) => each.name === name);
    return isVictim ? { deletionCost: { value: -2_147_483_647, ours: true } } : {};
  }

  #readings({ loads }: FleetPod): Sample[] {
    return loads
      .slice(-3, -1)
      .reverse()
      .map((load, index) => ({ takenAt: this.now - 50 - index * intervalMs, load, connections: load }));
  }

  /** The averages of the last whole windows, as metrics-server gives them: none of a pod that was not there for one. */
  #windows({ loads }: FleetPod, windowS: number): Sample[] {
    const ended = this.#second - (this.#second % windowS);
    return [0, 1].flatMap((index): Sample[] => {
      const end = loads.length - 1 - (this.#second - ended) - index * windowS;
      const window = loads.slice(Math.max(0, end - windowS), Math.max(0, end));
      if (window.length < windowS) return [];
      const load = window.reduce((sum, value) => sum + value, 0) / windowS;
      return [{ takenAt: observedAt + 1_000 * (ended - index * windowS), windowMs: 1_000 * windowS, load }];
    });
  }
}
