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

/** How often what was allowed once is asked for again while it lasts. */
const againMs = 30_000;

/** Asks again now and then, and calls `onLost` once when the answer is another. Returns the way to end that. */
export function watchAccess(
  ask: () => Promise<AccessVerdict>,
  onLost: (verdict: Exclude<AccessVerdict, Allowed>) => void,
  everyMs = againMs,
): () => void {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
    clearInterval(timer);
  };
  const timer = setInterval(async () => {
    const verdict = await ask();
    if (hasEnded || verdict.kind === "allowed") return;
    end();
    onLost(verdict);
  }, everyMs);
  timer.unref();
  return end;
}
