import { type StrategyType, strategyDoes, strategyTypes } from "../../../../api/pool.ts";
import { oneLine } from "../../../../cli/terminal/text.ts";
import type { FeedEntry } from "../../../../serve/feed.ts";
import type { PodFault } from "../../../embedded/pod-fault.ts";
import { type KeyName, keyHelp } from "./key-help.ts";
import type { Levers } from "./levers.ts";
import { PodStates } from "./pod-states.ts";

/** Something that was done at the keyboard, or what the operator made of it. */
export interface PlayNote {
  /** Since the command's start. */
  readonly atMs: number;
  readonly text: string;
}

export interface ControlsOptions {
  readonly levers: Levers;
  readonly keys: readonly KeyName[];
  readonly pageUrl: string;
  /** The pods in the order in which they are shown. */
  readonly pods: () => readonly string[];
  readonly entry: () => FeedEntry;
  /** Connections that one pod carries at the limit. */
  readonly podsWorth?: number;
  /** By how many pods' worth the load can be changed, up and down. */
  readonly mostPods?: number;
  readonly openBrowser: (url: string) => Promise<boolean>;
  /** Milliseconds since the command's start. */
  readonly elapsed: () => number;
  readonly end: () => void;
  /** Told of each new note. */
  readonly onNote: () => void;
}

/** What a fault is, and what becomes of the pod's traffic. */
const faults: Readonly<Record<PodFault, { readonly begins: string; readonly ends: string }>> = {
  slow: {
    begins: "slow: each answer takes 0.3 s longer, by which FastestResponse goes (s changes the strategy)",
    ends: "as fast as before",
  },
  frozen: {
    begins: "frozen: it accepts and answers nothing. Unhealthy after 3 probes, unless too few others are left",
    ends: "thawed: it answers again, and is back after 2 probes",
  },
  lying: {
    begins: "lies: its metrics say 0 connections and 0% load. Strategies that read these send it more",
    ends: "tells the truth again",
  },
};

/** After something was done, failures are its doing for so long. */
const aftermathMs = 15_000;
const mostNotes = 100;

/** What the keys do. */
export class Controls {
  readonly #options: ControlsOptions;
  readonly #states = new PodStates();
  readonly #presses: ReadonlySet<string>;
  readonly #faulty = new Set<string>();
  #selected: string | undefined;
  #strategy: StrategyType | undefined;
  /** The one of the newest plan. */
  #planned: StrategyType | undefined;
  /** What was asked for last, until the operator has seen it: a second key may come before that. */
  #paused: boolean | undefined;
  readonly #drains = new Map<string, boolean>();
  #excusedUntilMs = 0;
  readonly notes: PlayNote[] = [];
  /** Connections beside those of the demo's own load; below 0: fewer. */
  extraConnections = 0;
  showsHelp = false;

  constructor(options: ControlsOptions) {
    this.#options = options;
    this.#presses = new Set(options.keys.flatMap((name) => keyHelp[name].presses));
  }

  /** The pod that keys are about: the first one until another is chosen. */
  get selected(): string | undefined {
    const pods = this.#options.pods();
    if (this.#selected === undefined || !pods.includes(this.#selected)) this.#selected = pods[0];
    return this.#selected;
  }

  /** Whether failures of pods are what was asked for. */
  get isMeddling(): boolean {
    return this.#faulty.size > 0 || this.#options.elapsed() < this.#excusedUntilMs;
  }

  get #spec() {
    return this.#options.entry().observation.pool.spec;
  }

  get #isPaused(): boolean {
    return this.#spec.scaling?.mode === "Paused";
  }

  #isDrained(pod: string): boolean {
    const { observation, plan } = this.#options.entry();
    return (
      plan.excluded.some((out) => out.pod === pod && out.reason === "Draining") ||
      observation.pods.some((observed) => observed.pod.name === pod && observed.pod.drainRequested)
    );
  }

  /** Takes in the newest plan. */
  look(): void {
    for (const text of this.#states.look(this.#options.entry())) this.#note(text);
    const { type } = this.#spec.strategy;
    // Two keys may come before the first plan by the strategy of the first one.
    if (type !== this.#planned) this.#strategy = type;
    this.#planned = type;
    if (this.#isPaused === this.#paused) this.#paused = undefined;
    for (const [pod, drains] of this.#drains) if (this.#isDrained(pod) === drains) this.#drains.delete(pod);
    const { levers } = this.#options;
    for (const pod of this.#faulty) if (levers.faultOf(pod) === undefined) this.#mended(pod);
  }

  press(key: string): void {
    if (this.showsHelp && key !== "q") {
      this.showsHelp = false;
      return;
    }
    if (!this.#presses.has(key)) return;
    void this.#act(key).catch((error: unknown) => {
      this.#paused = undefined;
      this.#drains.clear();
      this.#note(`that could not be done: ${(error as Error).message}`);
    });
  }

  async #act(key: string): Promise<void> {
    const { levers, end, podsWorth = 0 } = this.#options;
    switch (key) {
      case "+":
      case "=":
        return this.#load(podsWorth);
      case "-":
        return this.#load(-podsWorth);
      case "j":
      case "down":
        return this.#select(1);
      case "k":
      case "up":
        return this.#select(-1);
      case "x":
        return this.#withPod((pod) => this.#kill(pod));
      case "w":
        return this.#withPod((pod) => this.#fault(pod, "slow"));
      case "f":
        return this.#withPod((pod) => this.#fault(pod, "frozen"));
      case "l":
        return this.#withPod((pod) => this.#fault(pod, "lying"));
      case "d":
        return this.#withPod((pod) => this.#drain(pod));
      case "s":
        return this.#nextStrategy(1);
      case "S":
        return this.#nextStrategy(-1);
      case "p":
        return this.#pause();
      case "r":
        this.#excuse();
        await levers.rollOut();
        return this.#note("rolling out: new pods come before old ones go");
      case "o":
        return this.#open();
      case "?":
      case "h":
        this.showsHelp = true;
        return;
      case "q":
        return end();
    }
  }

  #note(text: string): void {
    this.notes.push({ atMs: this.#options.elapsed(), text: oneLine(text) });
    if (this.notes.length > mostNotes) this.notes.shift();
    this.#options.onNote();
  }

  #excuse(): void {
    this.#excusedUntilMs = this.#options.elapsed() + aftermathMs;
  }

  #mended(pod: string): void {
    this.#faulty.delete(pod);
    this.#excuse();
  }

  #load(connections: number): void {
    const { podsWorth = 0, mostPods = 0 } = this.#options;
    const wanted = this.extraConnections + connections;
    if (Math.abs(wanted) > podsWorth * mostPods) {
      this.#note(`load: that is as far as it goes, ${mostPods} pods' worth`);
      return;
    }
    this.extraConnections = wanted;
    const sign = this.extraConnections < 0 ? "-" : "+";
    const now = this.extraConnections === 0 ? "as it was" : `${sign}${Math.abs(this.extraConnections)} in all`;
    const change = connections > 0 ? `${connections} connections more` : `${-connections} connections fewer`;
    this.#note(`load: ${change}, as many as one pod carries at the limit (${now})`);
  }

  #select(step: number): void {
    const pods = this.#options.pods();
    const place = pods.indexOf(this.selected ?? "");
    if (pods.length > 0) this.#selected = pods[(place + step + pods.length) % pods.length];
  }

  async #withPod(act: (pod: string) => Promise<void>): Promise<void> {
    const pod = this.selected;
    if (pod === undefined) return this.#note("there is no pod yet");
    this.#excuse();
    await act(pod);
  }

  async #kill(pod: string): Promise<void> {
    const held = this.#options.levers.connectionsOf(pod) ?? 0;
    await this.#options.levers.kill(pod);
    this.#note(`${pod}: killed; its ${held} connections are cut, and the Deployment starts another pod`);
  }

  async #fault(pod: string, fault: PodFault): Promise<void> {
    const { levers } = this.#options;
    const ends = levers.faultOf(pod) === fault;
    if (!levers.setFault(pod, ends ? undefined : fault)) return this.#note(`${pod}: it does not run`);
    if (ends) this.#mended(pod);
    else this.#faulty.add(pod);
    this.#states.follow(pod);
    this.#note(`${pod}: ${faults[fault][ends ? "ends" : "begins"]}`);
  }

  async #drain(pod: string): Promise<void> {
    this.#states.follow(pod);
    const drains = !(this.#drains.get(pod) ?? this.#isDrained(pod));
    this.#drains.set(pod, drains);
    await this.#options.levers.setDrain(pod, drains);
    this.#note(
      drains
        ? `${pod}: to be drained: nothing new, and it keeps what it has (kubectl evenkeel drain)`
        : `${pod}: let back (kubectl evenkeel drain --undo)`,
    );
  }

  async #nextStrategy(step: number): Promise<void> {
    const place = strategyTypes.indexOf(this.#strategy ?? this.#spec.strategy.type) + step;
    const next = strategyTypes[(place + strategyTypes.length) % strategyTypes.length]!;
    this.#strategy = next;
    await this.#options.levers.setStrategy(next);
    this.#note(`strategy ${next}: ${strategyDoes(next)}`);
  }

  async #pause(): Promise<void> {
    const paused = !(this.#paused ?? this.#isPaused);
    this.#paused = paused;
    await this.#options.levers.setPaused(paused);
    this.#note(
      paused
        ? "scaling is paused: replicas stay as they are, endpoints follow the load still"
        : "scaling is resumed: replicas follow the load",
    );
  }

  async #open(): Promise<void> {
    const { pageUrl, openBrowser } = this.#options;
    const opened = await openBrowser(pageUrl);
    this.#note(opened ? `the page is in your browser: ${pageUrl}` : `no browser here; the page is at ${pageUrl}`);
  }
}
