import { namesIn } from "../../key.ts";
import {
  type AccessVerdict,
  type Authorizer,
  allPools,
  type ClientCredentials,
  poolsOf,
  watchAccess,
} from "../access/access.ts";
import { credentialsOfCall, type GrpcCall } from "../grpc/credentials.ts";
import type { Dialect } from "./dialect.ts";
import type { ResourceType } from "./resource-maker.ts";
import type { Topics } from "./topics.ts";

/** Why nothing of a request is to be read. */
type TurnedAway = Exclude<AccessVerdict, { readonly kind: "allowed" }>;

export type Screened<Request> =
  /** What is left of a request, and the names that were taken out. */
  { readonly kind: "request"; readonly request: Request; readonly forbidden: readonly string[] } | TurnedAway;

/** Keys among these that a client may not read. Asks from the whole to the part, so that who may read much is asked for seldom. */
async function refusedOf(
  access: Authorizer,
  credentials: ClientCredentials,
  keys: Iterable<string>,
): Promise<ReadonlySet<string> | TurnedAway> {
  const refused = new Set<string>();
  const all = await access.may(credentials, "get", allPools);
  if (all.kind === "allowed") return refused;
  if (all.kind !== "refused") return all;
  for (const [namespace, own] of Map.groupBy(new Set(keys), (key) => namesIn(key).namespace)) {
    const whole = await access.may(credentials, "get", poolsOf(namespace));
    if (whole.kind === "allowed") continue;
    if (whole.kind !== "refused") return whole;
    for (const key of own) {
      const verdict = await access.may(credentials, "get", key);
      if (verdict.kind === "refused") refused.add(key);
      else if (verdict.kind !== "allowed") return verdict;
    }
  }
  return refused;
}

/** Lets of one client's requests through what it may read. */
export class RequestScreen<Request> {
  readonly #access: Authorizer;
  readonly #credentials: ClientCredentials;
  readonly #dialect: Dialect<Request>;
  readonly #topics: Topics;

  constructor(access: Authorizer, call: GrpcCall, dialect: Dialect<Request>, topics: Topics) {
    this.#access = access;
    this.#credentials = credentialsOfCall(call);
    this.#dialect = dialect;
    this.#topics = topics;
  }

  /** All resources are for those who may read all pools. */
  async screen(request: Request, type: ResourceType): Promise<Screened<Request>> {
    if (this.#dialect.wantsAll(request, type)) {
      const all = await this.#access.may(this.#credentials, "get", allPools);
      if (all.kind !== "allowed") return all;
    }
    const wanted = this.#dialect.namesOf(request).map((name) => [name, this.#topics.keyOf(type, name)] as const);
    const keys = wanted.flatMap(([, key]) => key ?? []);
    const refused = await refusedOf(this.#access, this.#credentials, keys);
    if ("kind" in refused) return refused;
    const forbidden = wanted.flatMap(([name, key]) => (key !== undefined && refused.has(key) ? name : []));
    return { kind: "request", request: this.#dialect.without(request, new Set(forbidden)), forbidden };
  }

  /** Calls `onLost` when the client may read one of these no more. Returns the way to end that. */
  watch(keys: () => Iterable<string>, onLost: (why: TurnedAway) => void): () => void {
    const ask = async (): Promise<AccessVerdict> => {
      const refused = await refusedOf(this.#access, this.#credentials, keys());
      if ("kind" in refused) return refused;
      const [lost] = refused;
      if (lost === undefined) return { kind: "allowed", client: "" };
      return { kind: "refused", detail: `this client may read ${lost} no more` };
    };
    return watchAccess({ ask, onLost });
  }
}
