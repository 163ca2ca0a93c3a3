import { createHash } from "node:crypto";
import { namesIn } from "../../key.ts";
import { SharedRate } from "../shared-rate.ts";
import {
  type AccessVerb,
  type AccessVerdict,
  type Authorizer,
  allPools,
  type ClientCredentials,
  type Identity,
} from "./access.ts";
import { Answers } from "./answers.ts";

/** What somebody wants to do, in the words of the API server. */
export type Action =
  | { readonly verb: AccessVerb; readonly namespace?: string | undefined; readonly name?: string | undefined }
  | { readonly verb: AccessVerb; readonly path: string };

/** What the API server says of people. */
export interface Reviews {
  /** Whose token it is; undefined: nobody's, or not for us. Rejects when that cannot be learned. */
  identify(token: string): Promise<Identity | undefined>;
  /** Rejects when it cannot be learned. */
  allows(identity: Identity, action: Action): Promise<boolean>;
}

export interface ReviewedAccessOptions {
  readonly reviews: Reviews;
  /** Told of what could not be learned. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
  /** Unix milliseconds, by which tokens run out. */
  readonly clock?: () => number;
  readonly limits?: Partial<AccessLimits>;
}

const accessLimits = {
  /** For so long a right that was taken away, or a token that was withdrawn, is still good. */
  goodMs: 60_000,
  /** For so long one that was given is not yet. */
  badMs: 5_000,
  /** Without the API server, who was let in before is let in for so long. */
  awayMs: 600_000,
  /** Answers that are kept, of each kind. */
  answers: 8_192,
  /** Questions, shared out by the addresses that they come from. */
  perSecond: 100,
  burst: 200,
};

export type AccessLimits = typeof accessLimits;

/** The API server is not asked so often. */
class AskedTooOften extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super("more is asked than may be");
    this.waitMs = waitMs;
  }
}

const digest = (text: string): string => createHash("sha256").update(text).digest("base64");

/** When a token says that it ends, Unix milliseconds; only one that is no JWT says nothing. */
function endOf(token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { readonly exp?: unknown };
    return typeof claims.exp === "number" ? claims.exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

const tokenOf = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];

function actionOf(verb: AccessVerb, what: string): Action {
  if (what.startsWith("/")) return { verb, path: what };
  if (what === allPools) return { verb };
  const { namespace, name } = namesIn(what);
  return { verb, namespace, ...(name !== allPools && { name }) };
}

const wordsOf = (verb: AccessVerb, what: string): string =>
  what.startsWith("/")
    ? `${verb} the path ${what}`
    : `${verb} loadbalancerpools/endpoints of ${what === allPools ? "all pools" : what}`;

const needsToken = "This port asks who you are: send the header Authorization with a bearer token of the API server.";

/**
 * Asks the API server: by TokenReview who somebody is (a certificate that was verified says it by itself: its common name
 * and its organisations), and by SubjectAccessReview what he may do. Answers are kept for a while. While the API server is
 * away, who was let in of late stays in; everybody else waits outside.
 */
export function reviewedAccess({ reviews, onError, ...options }: ReviewedAccessOptions): Authorizer {
  const { now = () => performance.now(), clock = Date.now } = options;
  const limits = { ...accessLimits, ...options.limits };
  const rate = new SharedRate({ perSecond: limits.perSecond, burst: limits.burst });
  let sweptAt = now();

  const kept = { staleMs: limits.awayMs, most: limits.answers, now };
  const identities = new Answers<Identity | undefined>({
    ...kept,
    isGood: (identity) => identity !== undefined,
    freshMs: (identity) => (identity ? limits.goodMs : limits.badMs),
  });
  const rights = new Answers<boolean>({
    ...kept,
    isGood: (allowed) => allowed,
    freshMs: (allowed) => (allowed ? limits.goodMs : limits.badMs),
  });

  /** Counts a question; throws when there were too many. */
  function take(source: string): void {
    const time = now();
    if (time - sweptAt >= 1_000) {
      sweptAt = time;
      rate.sweep(time);
    }
    const sharer = { pool: "", source };
    const waitMs = rate.waitFor(sharer, time);
    if (waitMs > 0) throw new AskedTooOften(waitMs);
    rate.take(sharer, time, 1);
  }

  function unsure(error: unknown): AccessVerdict {
    if (error instanceof AskedTooOften)
      return { kind: "unsure", detail: "Too many ask for the first time: ask again soon.", retryAfterMs: error.waitMs };
    onError?.(error);
    const detail = "The API server, which knows who may do this, cannot be asked for now.";
    return { kind: "unsure", detail, retryAfterMs: 5_000 };
  }

  async function identify({
    authorization,
    certificate,
    address,
  }: ClientCredentials): Promise<Identity | AccessVerdict> {
    const token = tokenOf(authorization);
    if (token === undefined) return certificate ?? { kind: "unknown", detail: needsToken };
    const unknown: AccessVerdict = { kind: "unknown", detail: "The API server does not know this token." };
    if (endOf(token) <= clock()) return { kind: "unknown", detail: "This token has run out." };
    const identity = await identities.get(digest(token), async () => {
      take(address);
      return reviews.identify(token);
    });
    return identity ?? unknown;
  }

  /** The verdict on who is known; what fails lets nobody in. */
  async function judge(
    credentials: ClientCredentials,
    then: (identity: Identity) => Promise<AccessVerdict>,
  ): Promise<AccessVerdict> {
    try {
      const identity = await identify(credentials);
      return "kind" in identity ? identity : await then(identity);
    } catch (error) {
      return unsure(error);
    }
  }

  return {
    isOpen: false,
    knows: (credentials) => judge(credentials, async ({ user }) => ({ kind: "allowed", client: user })),
    may: (credentials, verb, what) =>
      judge(credentials, async (identity) => {
        const question = digest(JSON.stringify([identity, verb, what]));
        const allowed = await rights.get(question, async () => {
          take(credentials.address);
          return reviews.allows(identity, actionOf(verb, what));
        });
        return allowed
          ? { kind: "allowed", client: identity.user }
          : { kind: "refused", detail: `${identity.user.slice(0, 253)} may not ${wordsOf(verb, what)}.` };
      }),
  };
}
