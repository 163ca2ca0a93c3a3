import { connect, type Socket } from "node:net";
import { connect as connectSecurely, type SecureContext } from "node:tls";
import { defined } from "../api/defined.ts";
import type { Scheme } from "../api/dial.ts";
import type { Dial } from "./dial.ts";

/**
 * What a pod is shown so that it answers. Of a credential nothing can be printed: what it is made of is in private fields
 * alone.
 */
export class Credential {
  readonly #headers: Readonly<Record<string, string>>;
  readonly #context: SecureContext | undefined;

  /** With a context for TLS it verifies the pod by the authority in it; without one it goes over plain HTTP alone. */
  constructor(headers: Readonly<Record<string, string>>, context: SecureContext | undefined) {
    this.#headers = headers;
    this.#context = context;
  }

  /** What goes with a request over this scheme. Throws where it was not made for it. */
  headersOver(scheme: Scheme): Readonly<Record<string, string>> {
    if ((scheme === "HTTPS") !== (this.#context !== undefined)) throw new Error(`a credential is not for ${scheme}`);
    return this.#headers;
  }

  get context(): SecureContext | undefined {
    return this.#context;
  }
}

/** How a pod is spoken to. */
export interface Greeting {
  readonly scheme: Scheme;
  /** What the request names as its host, with a port if need be. The pod's own address and port if absent. */
  readonly host?: string | undefined;
}

export const plainly: Greeting = { scheme: "HTTP" };

/**
 * How TLS to a pod begins. Who is sent a credential must have a certificate of the credential's authority, for the host
 * that the pool names, or for the pod's address where it names none. To anybody else a certificate is as good as any
 * other, as with the kubelet: what is read are figures of the pod's own.
 */
export const tlsOptions = ({ host }: Greeting, credential: Credential | undefined) => ({
  // An empty one names nobody, where a library would else take the header's.
  servername: host?.split(":")[0] ?? "",
  ...(credential ? { secureContext: credential.context!, rejectUnauthorized: true } : { rejectUnauthorized: false }),
});

/** The headers that say whom a request is for and who asks. */
export const greetingHeaders = (
  { scheme, host }: Greeting,
  credential: Credential | undefined,
): Readonly<Record<string, string>> => ({
  ...defined({ host }),
  ...credential?.headersOver(scheme),
});

/** A connection to the one place, which is there with `connect`, over TLS with `secureConnect`. */
export function openSocket(
  { address: host, port }: Dial,
  greeting: Greeting,
  credential: Credential | undefined,
): Socket {
  if (greeting.scheme !== "HTTPS") return connect({ host, port, noDelay: true });
  const tls = tlsOptions(greeting, credential);
  return connectSecurely({ host, port, ...tls, ALPNProtocols: ["http/1.1"] }).setNoDelay(true);
}
