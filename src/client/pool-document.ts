import type { Endpoint } from "./balancer.ts";

/** An endpoint as the operator publishes it. */
export interface PoolEndpoint extends Endpoint {
  /** The pod's name. */
  readonly id: string;
  readonly pod: string;
  readonly address: string;
  /** The pool's first port. */
  readonly port: number;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  /** 1000 is an even share. */
  readonly weight: number;
  /** 1 is the best in the order of the pool's strategy. */
  readonly rank: number;
  /** Open connections when the operator read them. */
  readonly connections?: number;
  /** Percent. */
  readonly load?: number;
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

function readEndpoint(value: unknown): PoolEndpoint {
  if (!isFields(value)) throw new Error("an endpoint is no object");
  const pod = textOf(value, "pod");
  const ports = Array.isArray(value.ports) ? value.ports.map(readPort) : [];
  const [first] = ports;
  if (!first) throw new Error(`${pod} has no port`);
  return {
    id: pod,
    pod,
    address: textOf(value, "address"),
    port: first.port,
    ports,
    weight: amountOf(value, "weight"),
    rank: amountOf(value, "rank"),
    ...optional(value, "connections", amountOf),
    ...optional(value, "load", amountOf),
    ...optional(value, "ageMs", amountOf),
    ...optional(value, "node", textOf),
    ...optional(value, "zone", textOf),
  };
}

/** Reads a pool's document; throws, saying what is wrong with it, when it is none. Fields that it does not know pass. */
export function readPool(text: string): PublishedPool {
  try {
    const document: unknown = JSON.parse(text);
    if (!isFields(document) || !Array.isArray(document.endpoints)) throw new Error("it has no endpoints");
    const endpoints = document.endpoints.map(readEndpoint);
    if (new Set(endpoints.map(({ id }) => id)).size < endpoints.length) throw new Error("it names a pod twice");
    return {
      namespace: textOf(document, "namespace"),
      name: textOf(document, "name"),
      strategy: textOf(document, "strategy"),
      endpoints,
    };
  } catch (error) {
    throw new Error(`not a pool's document: ${(error as Error).message}`, { cause: error });
  }
}
