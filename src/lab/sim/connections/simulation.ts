import { sharesOf, surplusOf } from "../../../decide/ready-set/share.ts";
import { Random } from "../random.ts";
import { createChoice, createLeast } from "./dispatch.ts";
import { ConnectionFleet, type Dispatch } from "./fleet.ts";
import { type Imbalance, imbalanceOf } from "./imbalance.ts";
import { createLeastBusy } from "./least-busy.ts";
import { Nodes } from "./nodes.ts";
import { type ConnectionScenario, capacitiesOf, sliceOf } from "./scenario.ts";
import { type ConnectionSample, createMeanThreshold, everybody, type SetPolicy } from "./set-policy.ts";

/** Random numbers have a stream for each use. */
const streams = { fleet: 0, dispatch: 1, missing: 2, publisher: 3, delays: 4 } as const;

/** A client comes back within this time, in seconds. */
const comesBackWithin = 1;
/** Least samples in a period, and their distance in seconds where these are more. */
const leastSamples = 10;
const usualStep = 1;

/** Arrivals that alternate: parts of their mean, and after how many hold times one follows the other. */
const turns = [4 / 3, 2 / 3];
const turnAfter = 2;

/** One scenario under one seed, sample by sample. */
export class ConnectionSimulation {
  readonly scenario: ConnectionScenario;
  readonly capacities: Float64Array;
  readonly fleet: ConnectionFleet;
  readonly samplesPerPeriod: number;
  /** Seconds between two samples. */
  readonly sampleStep: number;
  /** Sets that were written, the first one aside. */
  writes = 0;
  /** Slices that these writes touched. */
  slicesWritten = 0;
  /** Connections that pods closed because they had too many. */
  closed = 0;
  readonly #setPolicy: SetPolicy;
  readonly #nodes: Nodes;
  /** As it was written last. */
  readonly #written: Uint8Array;
  readonly #missing: Random;
  readonly #sample: { -readonly [Field in keyof ConnectionSample]: ConnectionSample[Field] };
  /** Looks from one sample of a pod to the next. */
  readonly #readEvery: number;
  #samples = 0;
  #turns = 0;

  constructor(scenario: ConnectionScenario) {
    const { pods, connections, period, policy, seed } = scenario;
    this.scenario = scenario;
    this.capacities = capacitiesOf(scenario);
    const all = this.capacities.length;
    this.samplesPerPeriod = Math.max(leastSamples, Math.ceil(period / usualStep));
    this.sampleStep = period / this.samplesPerPeriod;
    const random = new Random(seed, streams.dispatch);
    this.#written = new Uint8Array(all).fill(1, 0, pods);
    this.#nodes = new Nodes(scenario, this.#written, { dispatch: random, delays: new Random(seed, streams.delays) });
    let dispatch: Dispatch = this.#nodes.pick;
    this.fleet = new ConnectionFleet(all, scenario, new Random(seed, streams.fleet), () => dispatch());
    const { counts } = this.fleet;
    // These see what is in force at the first node.
    const { ready, inForce } = this.#nodes.first;
    if (policy === "choices2") dispatch = createChoice(ready, counts, this.capacities);
    if (policy === "leastConnections") dispatch = createLeast(inForce, counts, this.capacities, random);
    for (let pod = 0; pod < pods; pod += 1)
      for (let more = Math.round(connections * this.capacities[pod]!); more > 0; more -= 1) this.fleet.add(pod);
    this.#turn();
    this.#setPolicy = this.#createPolicy();
    this.#missing = new Random(seed, streams.missing);
    this.#readEvery = Math.max(1, Math.round((scenario.interval ?? 0) / this.sampleStep));
    this.#sample = {
      at: 0,
      interval: this.#readEvery * this.sampleStep,
      pods,
      counts: counts.slice(),
      readAt: new Float64Array(all),
      lost: new Uint8Array(all),
      beginsPeriod: true,
    };
  }

  get now(): number {
    return this.#samples * this.sampleStep;
  }

  /** Whether the last sample was the first one of a period. */
  get beginsPeriod(): boolean {
    return this.#samples % this.samplesPerPeriod === 0;
  }

  /** Pods that new connections may go to. */
  get published(): number {
    return this.#nodes.size;
  }

  get spread(): Imbalance {
    return imbalanceOf(this.fleet.counts, this.capacities, this.#sample.pods);
  }

  /** Goes on to the next sample, and to what is decided then. */
  step(): void {
    this.#samples += 1;
    this.#advance(this.now);
    this.#look();
  }

  /** Goes on to a time, through the samples before it. */
  goTo(time: number): void {
    while ((this.#samples + 1) * this.sampleStep <= time) this.step();
    this.#advance(time);
  }

  /** The pods that join are there from now on, and ready. */
  join(): void {
    const { pods, join = 0 } = this.scenario;
    this.#sample.pods = pods + join;
    this.#nodes.letIn(pods);
    if (this.#samples === 0) this.#look();
  }

  /** The fullest pods, a share of all, lose what they have; it comes back at once. */
  failFullest(share: number): void {
    const { counts } = this.fleet;
    const fullestFirst = Array.from({ length: this.#sample.pods }, (_, pod) => pod).sort(
      (a, b) => counts[b]! / this.capacities[b]! - counts[a]! / this.capacities[a]!,
    );
    for (const pod of fullestFirst.slice(0, Math.round(share * this.#sample.pods)))
      this.fleet.close(pod, counts[pod]!, 0);
  }

  /** All connections are lost, and come back within a time. */
  failAll(within: number): void {
    for (let pod = 0; pod < this.#sample.pods; pod += 1) this.fleet.close(pod, this.fleet.counts[pod]!, within);
  }

  #advance(until: number): void {
    const { hold, alternate } = this.scenario;
    for (;;) {
      const writtenAt = this.#nodes.nextAt;
      const turnsAt = alternate ? this.#turns * turnAfter * hold : Number.POSITIVE_INFINITY;
      const at = Math.min(writtenAt, turnsAt);
      if (at > until) break;
      this.fleet.advance(at);
      if (writtenAt <= turnsAt) this.#nodes.install(at);
      else this.#turn();
    }
    this.fleet.advance(until);
  }

  #look(): void {
    const sample = this.#sample;
    const { missing, rebalance } = this.scenario;
    sample.at = this.now;
    sample.beginsPeriod = this.beginsPeriod;
    for (let pod = 0; pod < sample.pods; pod += 1) {
      if ((this.#samples + pod) % this.#readEvery > 0) continue;
      sample.counts[pod] = this.fleet.counts[pod]!;
      sample.readAt[pod] = this.now;
    }
    let lost = 0;
    if (missing > 0)
      for (let pod = 0; pod < sample.pods; pod += 1) lost += sample.lost[pod] = this.#missing.next() < missing ? 1 : 0;
    const set = this.#setPolicy.look(sample);
    if (set) {
      this.writes += 1;
      const changed = Array.from(set.keys()).filter((pod) => set[pod] !== this.#written[pod]);
      this.slicesWritten += new Set(changed.map(sliceOf)).size;
      this.#written.set(set);
      this.#nodes.write(this.now, set);
    }
    // As the operator has it: what is closed comes back to the pods that were chosen for it.
    const isAsked = this.#samples % this.samplesPerPeriod === 1;
    if (rebalance > 0 && isAsked && lost === 0) this.#rebalance();
  }

  /** Every pod that has more than its share closes what it has too many. */
  #rebalance(): void {
    const { counts } = this.fleet;
    const pods = Array.from({ length: this.#sample.pods }, (_, pod) => ({
      connections: counts[pod]!,
      capacity: this.capacities[pod]!,
    }));
    for (const [pod, share] of sharesOf(pods).entries()) {
      const surplus = surplusOf(share!, 100 * this.scenario.rebalance);
      this.closed += surplus;
      this.fleet.close(pod, surplus, comesBackWithin);
    }
  }

  #turn(): void {
    const { pods, connections, hold, alternate } = this.scenario;
    const factor = alternate ? turns[this.#turns % turns.length]! : 1;
    this.fleet.arrivalRate = (factor * pods * connections) / hold;
    this.#turns += 1;
  }

  #createPolicy(): SetPolicy {
    const { policy, floor, seed } = this.scenario;
    if (policy === "meanThreshold") return createMeanThreshold(this.capacities, floor);
    if (policy !== "leastBusy") return everybody;
    return createLeastBusy(this.scenario, this.capacities, new Random(seed, streams.publisher));
  }
}
