import type { Endpoint } from "./balancer.ts";

/** A pod of a pool, and where to reach it. */
export interface PoolPod extends Endpoint {
  /** The pod's name. */
  readonly id: string;
  readonly pod: string;
  readonly address: string;
  /** The pool's first port. */
  readonly port: number;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** An endpoint as the operator publishes it. */
export interface PoolEndpoint extends PoolPod {
  /** 1000 is an even share. */
  readonly weight: number;
  /** 1 is the best in the order of the pool's strategy. */
  readonly rank: number;
  /** Open connections when the operator read them. */
  readonly connections?: number;
  /** Percent. */
  readonly load?: number;
  /** As the operator measured it, milliseconds. */
  readonly responseMs?: number;
  /** How old the operator's reading was when it sent it. */
  readonly ageMs?: number;
  readonly node?: string;
  readonly zone?: string;
  /** A Service sends it nothing new for now. Whoever picks by weight or rank need not heed it: they count what it has. */
  readonly full?: boolean;
}

/** A pool as the operator tells it, as far as a client reads it. */
export interface PublishedPool {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: string;
  /** Best first. */
  readonly endpoints: readonly PoolEndpoint[];
  /** The pods that take writes; only of a pool with `spec.access`. */
  readonly writers?: readonly PoolPod[];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textIn = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** Sums of these, however many, are numbers. */
const mostAmount = Number.MAX_SAFE_INTEGER;
const amountIn = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value <= mostAmount ? value : undefined;

/** An even share. */
const evenWeight = 1_000;

/** Reads one document, and keeps what is wrong in it. What one pod's numbers are must never hide the other pods. */
class DocumentReader {
  readonly problems: string[] = [];

  /** Undefined, and a problem, when there is none. */
  text(fields: Fields, field: string): string | undefined {
    return textIn(fields[field]) ?? this.#note(`${field} is no text`);
  }

  amount(fields: Fields, field: string): number | undefined {
    return amountIn(fields[field]) ?? this.#note(`${field} is no number`);
  }

  flag(fields: Fields, field: string): boolean | undefined {
    const value = fields[field];
    return typeof value === "boolean" ? value : this.#note(`${field} is neither true nor false`);
  }

  /** A field that may be absent, and is left out where it cannot be read. */
  optional<F extends string, V>(fields: Fields, field: F, read: (fields: Fields, field: F) => V | undefined) {
    const value = fields[field] === undefined ? undefined : read(fields, field);
    return (value === undefined ? {} : { [field]: value }) as { readonly [key in F]?: V };
  }

  pod(fields: Fields): PoolPod | undefined {
    const pod = this.text(fields, "pod");
    const address = this.text(fields, "address");
    if (pod === undefined || address === undefined) return undefined;
    const ports = (Array.isArray(fields.ports) ? fields.ports : []).flatMap((port: unknown) => this.#port(port) ?? []);
    const [first] = ports;
    return first ? { id: pod, pod, address, port: first.port, ports } : this.#note(`${pod} has no port`);
  }

  endpoint(fields: Fields, place: number): PoolEndpoint | undefined {
    const pod = this.pod(fields);
    return (
      pod && {
        ...pod,
        // A share that nobody knows is an even one, and the order of the list is the rank.
        weight: this.amount(fields, "weight") ?? evenWeight,
        rank: this.amount(fields, "rank") ?? place + 1,
        ...this.optional(fields, "connections", (...of) => this.amount(...of)),
        ...this.optional(fields, "load", (...of) => this.amount(...of)),
        ...this.optional(fields, "responseMs", (...of) => this.amount(...of)),
        ...this.optional(fields, "ageMs", (...of) => this.amount(...of)),
        ...this.optional(fields, "node", (...of) => this.text(...of)),
        ...this.optional(fields, "zone", (...of) => this.text(...of)),
        ...this.optional(fields, "full", (...of) => this.flag(...of)),
      }
    );
  }

  /** What can be read of a list in which no pod stands twice; undefined where that is nothing of something. */
  list<P extends PoolPod>(
    fields: Fields,
    field: string,
    read: (fields: Fields, place: number) => P | undefined,
  ): P[] | undefined {
    const list: unknown = fields[field];
    if (!Array.isArray(list)) return this.#note(`it has no ${field}`);
    const pods = list.flatMap((value: unknown, place) => {
      if (isFields(value)) return read(value, place) ?? [];
      this.#note(`one of its ${field} is no object`);
      return [];
    });
    if (new Set(pods.map(({ id }) => id)).size < pods.length) return this.#note(`its ${field} name a pod twice`);
    return pods.length === 0 && list.length > 0 ? undefined : pods;
  }

  #port(value: unknown): PoolPod["ports"][number] | undefined {
    if (!isFields(value)) return this.#note("a port is no object");
    const name = this.text(value, "name");
    const port = this.amount(value, "port");
    return name === undefined || port === undefined ? undefined : { name, port };
  }

  #note(problem: string): undefined {
    this.problems.push(problem);
  }
}

function parse(text: string): Fields {
  const document: unknown = JSON.parse(text);
  if (!isFields(document)) throw new Error("it is no object");
  return document;
}

/** Undefined when what the reader has noted makes it none. */
function read(document: Fields, reader: DocumentReader): PublishedPool | undefined {
  const endpoints = reader.list(document, "endpoints", (...of) => reader.endpoint(...of));
  const namespace = reader.text(document, "namespace");
  const name = reader.text(document, "name");
  const strategy = reader.text(document, "strategy");
  // A write that misses one of those that take it is worse than one that goes by the list before.
  const before = reader.problems.length;
  const writers = document.writers === undefined ? undefined : reader.list(document, "writers", (of) => reader.pod(of));
  const isWhole = reader.problems.length === before;
  if (!endpoints || namespace === undefined || name === undefined || strategy === undefined || !isWhole)
    return undefined;
  return { endpoints, namespace, name, strategy, ...(writers && { writers }) };
}

const mostProblems = 5;

/**
 * Reads a pool's document. A field of an endpoint that cannot be read is left out, and so is an endpoint without a name,
 * an address or a port, as long as there are others. Throws, saying what is wrong with it, when it is no pool's document.
 * Fields that it does not know pass.
 */
export function readPool(text: string): PublishedPool {
  const reader = new DocumentReader();
  try {
    const pool = read(parse(text), reader);
    if (pool) return pool;
  } catch (cause) {
    throw new Error(`not a pool's document: ${(cause as Error).message}`, { cause });
  }
  throw new Error(`not a pool's document: ${reader.problems.slice(0, mostProblems).join(", ")}`);
}
