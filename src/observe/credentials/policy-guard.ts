import { isDeepStrictEqual } from "node:util";
import { credentialsPolicy } from "../../api/credentials-policy.ts";
import { parseTime } from "../../api/time.ts";
import type { SecretFault } from "../../decide/samples/findings.ts";
import type { ApiOutcome } from "../../kube/outcome.ts";
import type { KubeObject } from "../../kube/types.ts";
import { fieldOf, fieldsOf, isFields, textOf, textsOf } from "../../kube/untyped.ts";

/** The policy and the binding of a name, as the API server shows them. Rejects where it cannot be asked. */
export type ReadPolicy = () => Promise<readonly [policy: ApiOutcome<KubeObject>, binding: ApiOutcome<KubeObject>]>;

const isEmpty = (value: unknown): boolean => isFields(value) && Object.keys(value).length === 0;

/** Fields as they are filled in by the API server where nobody gives them. */
const defaults: readonly (readonly [field: string, isDefault: (value: unknown) => boolean])[] = [
  ["matchPolicy", (value) => value === "Equivalent"],
  ["namespaceSelector", isEmpty],
  ["objectSelector", isEmpty],
  ["scope", (value) => value === "*"],
];

/** The value without what stands there by default. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (!isFields(value)) return value;
  const given = Object.entries(value).filter(
    ([field, inner]) => !defaults.some(([name, isDefault]) => field === name && isDefault(inner)),
  );
  return Object.fromEntries(given.map(([field, inner]) => [field, withoutDefaults(inner)]));
}

/**
 * Whether the policy is ours to the letter, and its binding refuses what it does not let pass, in all namespaces. One that is
 * of another version asks for less, or for something else.
 */
export function isInForce(policy: KubeObject, binding: KubeObject): boolean {
  if (!isDeepStrictEqual(withoutDefaults(fieldOf(policy, "spec")), credentialsPolicy)) return false;
  const spec = fieldsOf(fieldOf(binding, "spec"));
  const resources = withoutDefaults(spec.matchResources);
  return (
    textOf(spec.policyName) === policy.metadata.name &&
    textsOf(spec.validationActions).includes("Deny") &&
    spec.paramRef === undefined &&
    (resources === undefined || isEmpty(resources))
  );
}

/** The newer one of the policy and its binding: what was written before it, nobody was asked about. */
interface Asking {
  /** Unix milliseconds. */
  readonly since: number;
  readonly uid: string;
}

/** By then every API server of a cluster goes by a policy that was made. */
const heededMs = 5_000;

/** What does not say when it was made is newer than all else. */
function createdAt({ metadata }: KubeObject): number {
  const at = parseTime(metadata.creationTimestamp ?? "");
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}

function askingBy(policy: KubeObject, binding: KubeObject): Asking {
  const newer = createdAt(binding) > createdAt(policy) ? binding : policy;
  return { since: createdAt(newer) + heededMs, uid: newer.metadata.uid ?? "" };
}

/** When a pool came, and by which policy its author was asked of late. */
export interface AskedPool {
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly secretsPolicy?: string | undefined;
}

/** What was heard of the policy is believed for so long while the API server is away. */
const awayMs = 600_000;
/** Between two looks at it: while it is in force, and while it is not. */
const lookAgainMs = { inForce: 30_000, else: 5_000 };

/** Whether somebody asks, at the time of writing, if the author of a pool may read the Secret that it names. */
export class PolicyGuard {
  readonly #read: ReadPolicy;
  readonly #now: () => number;
  #heard: { readonly asking: Asking | undefined; readonly at: number; readonly firstAt: number } | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isAway = false;

  constructor(read: ReadPolicy, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** Why no Secret may be read; undefined where one may. */
  get fault(): SecretFault | undefined {
    const now = this.#now();
    if (!this.#heard || now - this.#heard.at >= awayMs) return this.#isAway ? "Unreachable" : "Unread";
    const { asking, firstAt } = this.#heard;
    if (!asking) return "Unguarded";
    // Its UID is told to nobody before it is heeded, or it could be written unasked. Clocks may differ.
    return now >= asking.since || now - firstAt >= heededMs ? undefined : "Unread";
  }

  /** The UID of what has not asked for this pool yet, because the pool is older; undefined where somebody was asked. */
  unaskedBy({ createdAt, secretsPolicy }: AskedPool): string | undefined {
    const { asking } = this.#heard ?? {};
    return !asking || createdAt >= asking.since || secretsPolicy === asking.uid ? undefined : asking.uid;
  }

  /** Looks again, unless that was done of late. Never rejects. */
  async look(): Promise<void> {
    const restMs = this.fault === undefined ? lookAgainMs.inForce : lookAgainMs.else;
    if (!this.#looking && this.#now() - this.#lookedAt < restMs) return;
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #lookNow(): Promise<void> {
    this.#lookedAt = this.#now();
    try {
      const [policy, binding] = await this.#read();
      const inForce = policy.kind === "ok" && binding.kind === "ok" && isInForce(policy.object, binding.object);
      const asking = inForce ? askingBy(policy.object, binding.object) : undefined;
      const at = this.#now();
      const isKnown = this.#heard && this.#heard.asking?.uid === asking?.uid;
      this.#heard = { asking, at, firstAt: isKnown ? this.#heard!.firstAt : at };
      this.#isAway = false;
    } catch {
      this.#isAway = true;
    }
  }
}
