import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import type { Endpoint } from "../client/balancer.ts";
import { type CarryingBalancer, type CarryOptions, Journey } from "../client/journey.ts";

export interface BalancedAgentOptions<E extends Endpoint = Endpoint> extends CarryOptions<E> {
  /** After which an endpoint that does not answer to a connection cannot be reached, milliseconds: 3,000 if absent. */
  readonly connectTimeoutMs?: number;
  /** Of Node's agent below, `keepAlive` on if absent; with `scheme: "https"`, TLS's too. */
  readonly agent?: https.AgentOptions;
}

/** Under which the agent's options carry a connection that is already made. */
const made = Symbol("made");

type Asked = http.ClientRequestArgs & { readonly [made]?: net.Socket };
type Adds = { addRequest(request: http.ClientRequest, options: Asked): void };

function connect(
  { address, port }: { readonly address: string; readonly port: number },
  ms: number,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port });
    const late = () =>
      socket.destroy(Object.assign(new Error(`connect ETIMEDOUT ${address}:${port}`), { code: "ETIMEDOUT" }));
    const timer = setTimeout(late, ms);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeListener("error", reject);
      resolve(socket);
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** Ends a request that gets no connection, as agents do: without one, `destroy` alone is not heard of. */
const fail = (request: http.ClientRequest, error?: unknown): void =>
  (request as unknown as { onSocket(socket: null, error?: unknown): void }).onSocket(null, error);

/** On Node's agents for both schemes, which differ in how they connect alone. */
const balancing = (Base: typeof http.Agent) =>
  class<E extends Endpoint> extends Base {
    readonly #balancer: CarryingBalancer<E>;
    readonly #options: BalancedAgentOptions<E>;

    constructor(balancer: CarryingBalancer<E>, options: BalancedAgentOptions<E>) {
      super({ keepAlive: true, ...options.agent });
      this.#balancer = balancer;
      this.#options = options;
    }

    /** What every agent has and ClientRequest calls: here it goes to an endpoint instead of the host that is asked for. */
    addRequest(request: http.ClientRequest, options: Asked): void {
      let journey: Journey<E>;
      try {
        journey = new Journey(this.#balancer, this.#options);
      } catch (error) {
        fail(request, error);
        return;
      }
      request.once("response", () => journey.answered());
      request.once("close", () => journey.end());
      this.#travel(journey, request, options).catch((error) => fail(request, error));
    }

    async #travel(journey: Journey<E>, request: http.ClientRequest, options: Asked): Promise<void> {
      const pass = (more: Partial<Asked>): void =>
        (Base.prototype as unknown as Adds).addRequest.call(this, request, { ...options, ...more });
      for (;;) {
        const target = journey.target();
        const where = { host: target.address, port: target.port };
        if (this.freeSockets[this.getName({ ...options, ...where })]?.length) return pass(where);
        try {
          const socket = await connect(target, this.#options.connectTimeoutMs ?? 3_000);
          if (!request.destroyed) return pass({ ...where, [made]: socket });
          socket.destroy();
          return fail(request);
        } catch (error) {
          if (!journey.turn(true)) throw error;
        }
      }
    }

    override createConnection(
      options: http.ClientRequestArgs & { readonly [made]?: net.Socket },
      callback?: Parameters<http.Agent["createConnection"]>[1],
    ) {
      const { [made]: socket, ...others } = options;
      if (!socket) return super.createConnection(options, callback);
      if (Base === http.Agent) return socket;
      return super.createConnection({ ...others, socket } as http.ClientRequestArgs, callback);
    }
  };

const OverHttp = balancing(http.Agent);
const OverHttps = balancing(https.Agent);

/**
 * An agent for `http.request`, and all that takes one: each request goes to the balancer's next endpoint, whatever host it
 * names, over a connection that is kept for that endpoint. That host stays in the header Host. One that cannot be reached
 * is left out for a while, and the request goes to the next. A request counts until it closed.
 */
export function balancedAgent<E extends Endpoint>(
  balancer: CarryingBalancer<E>,
  options: BalancedAgentOptions<E> = {},
): http.Agent {
  return new OverHttp(balancer, options);
}

/** The same for `https.request`; a certificate must have the name that is asked for. */
export function balancedHttpsAgent<E extends Endpoint>(
  balancer: CarryingBalancer<E>,
  options: BalancedAgentOptions<E> = {},
): https.Agent {
  return new OverHttps(balancer, options) as unknown as https.Agent;
}
