import type { Balancer, Endpoint } from "./balancer.ts";

/** What carries requests needs of a balancer: one of a list of one's own, or that of a followed pool. */
export type CarryingBalancer<E extends Endpoint> = Pick<
  Balancer<E>,
  "next" | "begin" | "release" | "fail" | "updateResponseTime"
>;

/** Where an endpoint is reached. */
export interface EndpointTarget {
  /** An address or a name. */
  readonly address: string;
  readonly port: number;
}

export interface CarryOptions<E extends Endpoint = Endpoint> {
  /** On how many endpoints a request is tried, where the first cannot be reached: 2 if absent. */
  readonly attempts?: number;
  /** The name of the port, for pods that have several: their first one if absent. */
  readonly port?: string;
  /** Where an endpoint is reached. If absent, by its address and port, else by its id, as in `10.0.0.1:8080`. */
  readonly targetOf?: (endpoint: E) => EndpointTarget;
}

/** Nobody is on the list. */
export class EmptyListError extends Error {
  constructor() {
    super("the list has no endpoint");
  }
}

type Located = Endpoint &
  Partial<EndpointTarget> & { readonly ports?: readonly { readonly name: string; readonly port: number }[] };

function locate(endpoint: Located, portName: string | undefined): EndpointTarget {
  const { id, address, ports } = endpoint;
  if (address !== undefined) {
    const port = portName === undefined ? endpoint.port : ports?.find(({ name }) => name === portName)?.port;
    if (port === undefined) throw new RangeError(`${id} has no port${portName === undefined ? "" : ` ${portName}`}`);
    return { address, port };
  }
  const [, host, port] = /^(.+):([0-9]{1,5})$/.exec(id) ?? [];
  if (host === undefined) throw new RangeError(`${id} is not HOST:PORT: targetOf says where it is`);
  return { address: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** A request on its way: to one endpoint after the other, until one takes it. Each is counted while it has the request. */
export class Journey<E extends Endpoint> {
  readonly #balancer: CarryingBalancer<E>;
  readonly #locate: (endpoint: E) => EndpointTarget;
  readonly #others: E[];
  #endpoint: E;
  #hasEnded = false;
  #beganAt = performance.now();

  /** Throws an `EmptyListError` where there is nobody. */
  constructor(balancer: CarryingBalancer<E>, { attempts = 2, port, targetOf }: CarryOptions<E>) {
    const [first, ...others] = balancer.next(Math.max(1, attempts));
    if (!first) throw new EmptyListError();
    this.#balancer = balancer;
    this.#locate = targetOf ?? ((endpoint) => locate(endpoint, port));
    this.#endpoint = first;
    this.#others = others;
  }

  /** Where the request is to go; throws a `RangeError` where the endpoint does not say. */
  target(): EndpointTarget {
    return this.#locate(this.#endpoint);
  }

  /** The endpoint did not take the request, and another is to; false when none is left. One that cannot be reached is left out for a while. */
  turn(isUnreachable: boolean): boolean {
    if (isUnreachable) this.#balancer.fail(this.#endpoint);
    const next = this.#others.shift();
    if (!next || this.#hasEnded) return false;
    this.#balancer.release(this.#endpoint);
    this.#endpoint = next;
    this.#balancer.begin(next);
    this.#beganAt = performance.now();
    return true;
  }

  /** The answer has begun. */
  answered(): void {
    this.#balancer.updateResponseTime(this.#endpoint.id, performance.now() - this.#beganAt);
  }

  /** The request is over, whatever came of it. */
  end(): void {
    if (!this.#hasEnded) this.#balancer.release(this.#endpoint);
    this.#hasEnded = true;
  }
}

/** What Node tells of a call of the system that failed. */
interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  /** Of several addresses that were tried. */
  readonly errors?: readonly unknown[];
}

/** Codes that only making a connection ends with. */
const unmade = new Set(["ECONNREFUSED", "EHOSTDOWN", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);
/** Those that a read or a write may end with as well, after something was sent. */
const perhaps = new Set(["EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);

/** An address as a URL has it. */
const hostOf = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** Has a URL lead to a target. */
export function pointAt(url: URL, { address, port }: EndpointTarget): void {
  url.hostname = hostOf(address);
  url.port = String(port);
}

/** As addresses are compared: IPv6 has many forms. */
function canonical(address: string): string {
  const text = `http://${hostOf(address)}`;
  return URL.canParse(text) ? new URL(text).hostname : address;
}

const isAddress = (host: string): boolean => /^[0-9.]+$|:/.test(host);

const isOf = ({ code = "", syscall, address, port }: SystemError, target: EndpointTarget): boolean => {
  if (!unmade.has(code) && !(perhaps.has(code) && syscall === "connect")) return false;
  // Where a redirect led is not where the endpoint is; to what address a name led, nobody asks.
  if (port !== undefined && port !== target.port) return false;
  return address === undefined || !isAddress(target.address) || canonical(address) === canonical(target.address);
};

/** Whether no connection to the target was made, so that nothing was sent there. */
export function isUnreached(error: unknown, target: EndpointTarget): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { errors } = at as SystemError;
    const all = errors?.length ? errors : [at];
    if (all.every((one) => isOf(one as SystemError, target))) return true;
  }
  return false;
}
