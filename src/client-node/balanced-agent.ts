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

/** Such a connection, and whether the agent wanted it. */
interface Offered {
  readonly socket: net.Socket;
  isTaken: boolean;
}

type Asked = http.ClientRequestArgs & { readonly [made]?: Offered };
type Adds = { addRequest(request: http.ClientRequest, options: Asked): void };

/** As Node's agent connects, but for what of TLS is to come; and given up after a while. */
function connect(options: net.NetConnectOpts, ms: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(options);
    const late = new Error("no connection in time");
    const timer = setTimeout(() => socket.destroy(Object.assign(late, { code: "ETIMEDOUT", syscall: "connect" })), ms);
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
      request.prependOnceListener("response", (response) => {
        journey.answered();
        // By this listener alone Node would take the answer for one that somebody reads.
        if (request.listenerCount("response") === 0) response.resume();
      });
      request.once("close", () => journey.end());
      this.#travel(journey, request, options).catch((error) => fail(request, error));
    }

    async #travel(journey: Journey<E>, request: http.ClientRequest, options: Asked): Promise<void> {
      const pass = (more: Partial<Asked>): void =>
        (Base.prototype as unknown as Adds).addRequest.call(this, request, { ...options, ...more });
      for (;;) {
        const { address, port } = journey.target();
        const where = { host: address, port };
        if (this.#hasFree({ ...options, ...where }, request)) return pass(where);
        try {
          const {
            noDelay = true,
            localAddress,
            family,
            lookup,
          } = { ...options, ...this.#options.agent } as net.TcpNetConnectOpts;
          const dialled = {
            ...where,
            noDelay,
            ...(localAddress && { localAddress }),
            ...(family && { family }),
            ...(lookup && { lookup }),
          };
          const socket = await connect(dialled, this.#options.connectTimeoutMs ?? 3_000);
          if (request.destroyed) {
            socket.destroy();
            return fail(request);
          }
          const offered: Offered = { socket, isTaken: false };
          pass({ ...where, [made]: offered });
          // Meanwhile another request may have left a connection, or there are as many as there may be.
          if (!offered.isTaken) socket.destroy();
          return;
        } catch (error) {
          if (!journey.turn(true)) throw error;
        }
      }
    }

    /** Whether a connection of the endpoint waits for a request, by the name that Node's agent will look for. */
    #hasFree(options: Asked, request: http.ClientRequest): boolean {
      const { options: own } = this as unknown as { readonly options: Asked };
      const asked = String(request.getHeader("host") ?? options.host).replace(/:[0-9]*$/, "");
      const servername = net.isIP(asked.replace(/^\[|\]$/g, "")) ? "" : asked;
      const known = { servername, ...options, ...own };
      return (this.freeSockets[this.getName(known)]?.length ?? 0) > 0;
    }

    override createConnection(options: Asked, callback?: Parameters<http.Agent["createConnection"]>[1]) {
      const { [made]: offered, ...others } = options;
      // One that waited for its turn may find it gone.
      if (!offered || offered.isTaken || offered.socket.destroyed) return super.createConnection(others, callback);
      offered.isTaken = true;
      const { socket } = offered;
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
