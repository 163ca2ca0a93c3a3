import type { Random } from "../random.ts";
import { ReadyPods } from "./dispatch.ts";
import type { ConnectionScenario } from "./scenario.ts";

/** So many where each has a delay of its own. */
const several = 8;

interface Write {
  readonly at: number;
  readonly set: Uint8Array;
}

/** A node as new connections find it: which pods it takes for ready, and what is on its way to it. */
class Node {
  readonly ready: ReadyPods;
  readonly inForce: Uint8Array;
  readonly delayOf: () => number;
  pending: Write[] = [];

  constructor(set: Uint8Array, random: Random, delayOf: () => number) {
    this.inForce = set.slice();
    this.ready = new ReadyPods(set.length, random);
    this.ready.publish(set);
    this.delayOf = delayOf;
  }

  install(set: Uint8Array): void {
    this.inForce.set(set);
    this.ready.publish(set);
  }
}

interface Randoms {
  readonly dispatch: Random;
  readonly delays: Random;
}

/** The nodes that connections come from, and what each heeds. */
export class Nodes {
  readonly #nodes: readonly Node[];
  readonly #random: Random;

  constructor({ delay, delays }: ConnectionScenario, set: Uint8Array, { dispatch, delays: random }: Randoms) {
    this.#random = dispatch;
    this.#nodes = Array.from({ length: delays === "nodes" ? several : 1 }, (_, node) => {
      const own = delays === "nodes" ? (2 * delay * (node + 1 / 2)) / several : delay;
      return new Node(set, dispatch, delays === "varying" ? () => 2 * delay * random.next() : () => own);
    });
  }

  get first(): Pick<Node, "ready" | "inForce"> {
    return this.#nodes[0]!;
  }

  /** Pods that new connections may go to, in the mean over the nodes. */
  get size(): number {
    return this.#nodes.reduce((sum, { ready }) => sum + ready.size, 0) / this.#nodes.length;
  }

  /** When the next write comes through somewhere. */
  get nextAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { pending } of this.#nodes) if (pending.length > 0 && pending[0]!.at < next) next = pending[0]!.at;
    return next;
  }

  /** The pod that a new connection comes to. */
  readonly pick = (): number => {
    const node = this.#nodes.length === 1 ? this.#nodes[0]! : this.#nodes[this.#random.below(this.#nodes.length)]!;
    return node.ready.pick();
  };

  /** Sends a set on its way; what would come later and is older never comes. */
  write(now: number, set: Uint8Array): void {
    for (const node of this.#nodes) {
      const at = now + node.delayOf();
      node.pending = [...node.pending.filter((write) => write.at < at), { at, set: set.slice() }];
    }
  }

  /** What has come through at a time is heeded from then on. */
  install(at: number): void {
    for (const node of this.#nodes)
      while (node.pending.length > 0 && node.pending[0]!.at <= at) node.install(node.pending.shift()!.set);
  }

  /** Pods from a place on are ready everywhere at once. */
  letIn(from: number): void {
    for (const node of this.#nodes) {
      for (const { set } of node.pending) set.fill(1, from);
      node.install(node.inForce.fill(1, from));
    }
  }
}
