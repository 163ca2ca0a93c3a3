/** Who somebody is to the API server. */
export interface Identity {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a client brings along to be let in. */
export interface ClientCredentials {
  /** The header `authorization`, or the metadata of that name. */
  readonly authorization?: string | undefined;
  /** Of a certificate that an authority of clients signed. */
  readonly certificate?: Identity | undefined;
  /** When the certificate of its connection runs out, Unix milliseconds. */
  readonly until?: number | undefined;
  /** Where it comes from. */
  readonly address: string;
}

/** To read whom a pool sends to, or to report connections to them. */
export type AccessVerb = "get" | "update";

/** Of all pools. */
export const allPools = "*";
/** Of the pools of a namespace. */
export const poolsOf = (namespace: string): string => `${namespace}/*`;

interface Allowed {
  readonly kind: "allowed";
  /** Whom limits count: the user, or the address of somebody whom nobody asked who he is. */
  readonly client: string;
}

export type AccessVerdict =
  | Allowed
  /** Nobody knows who that is. */
  | { readonly kind: "unknown"; readonly detail: string }
  | { readonly kind: "refused"; readonly detail: string }
  /** It cannot be learned for now, which lets nobody in. */
  | { readonly kind: "unsure"; readonly detail: string; readonly retryAfterMs: number };

export type Denial = Exclude<AccessVerdict, Allowed>;

/** Who may follow the pools, and report. */
export interface Authorizer {
  /** Everybody may do everything. */
  readonly isOpen: boolean;
  /**
   * Whether somebody may do this with `what`: a pool (`namespace/name`), all pools of a namespace (`namespace/*`), all
   * pools (`*`), or a path of the server's own (`/metrics`). Never rejects.
   */
  may(credentials: ClientCredentials, verb: AccessVerb, what: string): Promise<AccessVerdict>;
  /** Whether it is known who that is. Never rejects. */
  knows(credentials: ClientCredentials): Promise<AccessVerdict>;
}

/** Whoever reaches the port. */
export const openAccess: Authorizer = {
  isOpen: true,
  may: ({ address }) => Promise.resolve({ kind: "allowed", client: address }),
  knows: ({ address }) => Promise.resolve({ kind: "allowed", client: address }),
};

const needsCertificate: AccessVerdict = {
  kind: "unknown",
  detail: "This port asks for a client certificate, by an authority that this operator knows (--tls-client-ca-file).",
};

const byCertificate = async ({ certificate }: ClientCredentials): Promise<AccessVerdict> =>
  certificate ? { kind: "allowed", client: certificate.user } : needsCertificate;

/** Whoever shows a certificate. */
export const certificateAccess: Authorizer = { isOpen: false, may: byCertificate, knows: byCertificate };

/** What TLS asks only as a connection begins: whether its certificate is still good. Undefined where it is. */
export function hasRunOut({ until }: ClientCredentials, now: number): Denial | undefined {
  if (until === undefined || now < until) return undefined;
  return {
    kind: "unknown",
    detail: "The client certificate of this connection has run out: connect with the next one.",
  };
}

/** How often what was allowed once is asked for again while it lasts. */
const againMs = 30_000;

interface AccessWatch {
  readonly ask: () => Promise<AccessVerdict>;
  /** Called once, when the answer is another. */
  readonly onLost: (verdict: Denial) => void;
  /** When it is another for sure, Unix milliseconds. */
  readonly until?: number | undefined;
  readonly everyMs?: number;
}

/** Asks again now and then, and when the time is over. Returns the way to end that. */
export function watchAccess({
  ask,
  onLost,
  until = Number.POSITIVE_INFINITY,
  everyMs = againMs,
}: AccessWatch): () => void {
  let hasEnded = false;
  let timer: NodeJS.Timeout;
  const askLater = (): void => {
    timer = setTimeout(askAgain, Math.min(everyMs, Math.max(1, until - Date.now())));
    timer.unref();
  };
  async function askAgain(): Promise<void> {
    const verdict = await ask();
    if (hasEnded) return;
    if (verdict.kind === "allowed") return askLater();
    hasEnded = true;
    onLost(verdict);
  }
  askLater();
  return () => {
    hasEnded = true;
    clearTimeout(timer);
  };
}
