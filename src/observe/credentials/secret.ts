import { isDeepStrictEqual } from "node:util";
import { type Auth, authorityKey, credentialKeys } from "../../api/auth.ts";
import { defined } from "../../api/defined.ts";
import type { SecretFault } from "../../decide/samples/findings.ts";
import type { ApiOutcome } from "../../kube/outcome.ts";
import type { KubeObject } from "../../kube/types.ts";
import { fieldOf, fieldsOf, textOf } from "../../kube/untyped.ts";
import type { Credential } from "../../pods/greeting.ts";
import { readCredential, type SecretData } from "./read-credential.ts";

/** Rejects where the API server cannot be asked. */
export type ReadSecret = (namespace: string, name: string, signal: AbortSignal) => Promise<ApiOutcome<KubeObject>>;

/** What is wrong with a Secret, and with which of its keys. */
export interface SecretTrouble {
  readonly fault: SecretFault;
  readonly key?: string;
  readonly policy?: string;
}

/** What a Secret gives. Both: the credential is one that was good before. */
export interface KnownCredential {
  readonly credential?: Credential | undefined;
  readonly trouble?: SecretTrouble | undefined;
}

/** For so long what was good before is used although the Secret is gone, or holds it no more. */
const heldMs = 600_000;

const keys = [authorityKey, ...Object.values(credentialKeys).flat()];

/** Of what a Secret holds, the rest is not kept. */
function dataOf(secret: KubeObject): SecretData {
  const data = fieldsOf(fieldOf(secret, "data"));
  return new Map(
    keys.flatMap((key) => {
      const text = textOf(data[key]);
      return text === undefined ? [] : [[key, Buffer.from(text, "base64")] as const];
    }),
  );
}

/** One kind of credential that is read out of a Secret. */
interface Part {
  /** What it was read from. */
  readonly data: SecretData;
  readonly trouble?: SecretTrouble;
  readonly good?: { readonly credential: Credential; readonly at: number };
}

/** A Secret as it was read last. What of it is private is nowhere but here and in the credentials. */
export class KnownSecret {
  readonly #read: () => Promise<ApiOutcome<KubeObject>>;
  readonly #now: () => number;
  readonly #parts = new Map<string, Part>();
  #data: SecretData | undefined;
  #fault: SecretFault | undefined = "Unread";
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(read: () => Promise<ApiOutcome<KubeObject>>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** Whether it is to be read again soon. */
  get isTroubled(): boolean {
    return this.#fault !== undefined || [...this.#parts.values()].some(({ trouble }) => trouble);
  }

  /** Reads it again. Never rejects. */
  async refresh(): Promise<void> {
    const outcome = await this.#read().catch(() => undefined);
    this.#fault = faultOf(outcome);
    if (this.#fault === "Forbidden") this.#forget();
    if (outcome?.kind !== "ok") return;
    const data = dataOf(outcome.object);
    if (!this.#data || !isDeepStrictEqual(data, this.#data)) this.#data = data;
    this.#readAt = this.#now();
  }

  give(auth: Pick<Auth, "type" | "insecure">): KnownCredential {
    const part = this.#data && this.#partOf(auth, this.#data);
    const { good, trouble } = part ?? {};
    // What nobody can say anything of now is as it was.
    if (this.#fault === undefined || this.#fault === "Unreachable") {
      if (!trouble) return good ? { credential: good.credential } : { trouble: { fault: this.#fault ?? "Unread" } };
      return { credential: this.#held(good), trouble };
    }
    return { credential: this.#held(good), trouble: { fault: this.#fault } };
  }

  #held(good: Part["good"]): Credential | undefined {
    return good && this.#now() - good.at < heldMs ? good.credential : undefined;
  }

  #partOf({ type, insecure }: Pick<Auth, "type" | "insecure">, data: SecretData): Part {
    const name = `${type} ${insecure}`;
    const known = this.#parts.get(name);
    if (known?.data === data) {
      if (known.trouble || !known.good || this.#fault !== undefined) return known;
      const part = { ...known, good: { ...known.good, at: this.#readAt } };
      this.#parts.set(name, part);
      return part;
    }
    const read = readCredential({ type, insecure }, data);
    const part: Part =
      read.kind === "credential"
        ? { data, good: { credential: read.credential, at: this.#readAt } }
        : { data, trouble: { fault: read.fault, key: read.key }, ...defined({ good: known?.good }) };
    this.#parts.set(name, part);
    return part;
  }

  #forget(): void {
    this.#data = undefined;
    this.#parts.clear();
  }
}

function faultOf(outcome: ApiOutcome<KubeObject> | undefined): SecretFault | undefined {
  switch (outcome?.kind) {
    case "ok":
      return undefined;
    case "missing":
      return "NotFound";
    case "refused":
      return "Forbidden";
    default:
      return "Unreachable";
  }
}
