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

function textOf(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== "string" || value === "") throw new Error(`${field} is no text`);
  return value;
}

function amountOf(fields: Fields, field: string): number {
  const value = fields[field];
  if (typeof value !== "number" || !(value >= 0)) throw new Error(`${field} is no number`);
  return value;
}

const optional = <F extends string, V>(fields: Fields, field: F, read: (fields: Fields, field: F) => V) =>
  (fields[field] === undefined ? {} : { [field]: read(fields, field) }) as { readonly [key in F]?: V };

function readPort(value: unknown): { readonly name: string; readonly port: number } {
  if (!isFields(value)) throw new Error("a port is no object");
  return { name: textOf(value, "name"), port: amountOf(value, "port") };
}

function readPod(value: Fields): PoolPod {
  const pod = textOf(value, "pod");
  const ports = Array.isArray(value.ports) ? value.ports.map(readPort) : [];
  const [first] = ports;
  if (!first) throw new Error(`${pod} has no port`);
  return { id: pod, pod, address: textOf(value, "address"), port: first.port, ports };
}

const readEndpoint = (value: Fields): PoolEndpoint => ({
  ...readPod(value),
  weight: amountOf(value, "weight"),
  rank: amountOf(value, "rank"),
  ...optional(value, "connections", amountOf),
  ...optional(value, "load", amountOf),
  ...optional(value, "responseMs", amountOf),
  ...optional(value, "ageMs", amountOf),
  ...optional(value, "node", textOf),
  ...optional(value, "zone", textOf),
});

/** A list in which no pod stands twice. */
function listOf<P extends PoolPod>(fields: Fields, field: string, read: (fields: Fields) => P): P[] {
  const list = fields[field];
  if (!Array.isArray(list)) throw new Error(`it has no ${field}`);
  const pods = list.map((value: unknown) => {
    if (!isFields(value)) throw new Error(`one of its ${field} is no object`);
    return read(value);
  });
  if (new Set(pods.map(({ id }) => id)).size < pods.length) throw new Error(`its ${field} name a pod twice`);
  return pods;
}

/** Reads a pool's document; throws, saying what is wrong with it, when it is none. Fields that it does not know pass. */
export function readPool(text: string): PublishedPool {
  try {
    const document: unknown = JSON.parse(text);
    if (!isFields(document)) throw new Error("it is no object");
    return {
      endpoints: listOf(document, "endpoints", readEndpoint),
      namespace: textOf(document, "namespace"),
      name: textOf(document, "name"),
      strategy: textOf(document, "strategy"),
      ...optional(document, "writers", (fields, field) => listOf(fields, field, readPod)),
    };
  } catch (error) {
    throw new Error(`not a pool's document: ${(error as Error).message}`, { cause: error });
  }
}
