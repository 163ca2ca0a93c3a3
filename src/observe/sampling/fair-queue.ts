import type { Flow, Room } from "./room.ts";

/** A job that waits. */
export interface Waiting<J> {
  readonly job: J;
  /** Its number, in the order of arrival. */
  readonly arrival: number;
}

/** Jobs of one flow, in the order of their arrival. */
type Queue<J> = Map<J, number>;

/** Jobs that wait. Namespaces take turns, within them flows do; of a flow, whoever came first is the next. */
export class FairQueue<J extends { readonly flow: Flow }> {
  /** The next namespace, and the next flow of it, come first. */
  readonly #namespaces = new Map<string, Map<string, Queue<J>>>();

  add(job: J, arrival: number): void {
    const { namespace, name } = job.flow;
    const flows = this.#namespaces.get(namespace) ?? new Map<string, Queue<J>>();
    const queue = flows.get(name) ?? new Map<J, number>();
    queue.set(job, arrival);
    flows.set(name, queue);
    this.#namespaces.set(namespace, flows);
  }

  remove(job: J): void {
    const { namespace, name } = job.flow;
    const flows = this.#namespaces.get(namespace);
    const queue = flows?.get(name);
    if (!queue?.delete(job) || queue.size > 0) return;
    flows!.delete(name);
    if (flows!.size === 0) this.#namespaces.delete(namespace);
  }

  has({ namespace, name }: Flow): boolean {
    return this.#namespaces.get(namespace)?.has(name) ?? false;
  }

  /** Whose turn it is among those that the room admits; `ahead` has flows that wait for others of theirs. */
  first(room: Room, ahead?: FairQueue<J>): Waiting<J> | undefined {
    if (this.#namespaces.size === 0 || room.free <= 0) return undefined;
    for (const [namespace, flows] of this.#namespaces) {
      if (!room.admitsNamespace(namespace)) continue;
      for (const queue of flows.values()) {
        const [head] = queue;
        if (!head || ahead?.has(head[0].flow)) continue;
        if (room.admits(head[0].flow)) return { job: head[0], arrival: head[1] };
      }
    }
    return undefined;
  }

  /** Takes a job out that begins: for its flow and its namespace it was the turn. */
  take(job: J): void {
    const { namespace, name } = job.flow;
    this.remove(job);
    const flows = this.#namespaces.get(namespace);
    if (!flows) return;
    toEnd(this.#namespaces, namespace);
    toEnd(flows, name);
  }
}

function toEnd<V>(map: Map<string, V>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}
