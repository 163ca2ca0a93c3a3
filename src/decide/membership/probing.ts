import { defined } from "../../api/defined.ts";
import type { Health } from "../../api/health.ts";
import { median } from "../basics/median.ts";
import type { Finding } from "../samples/findings.ts";
import type { Probing } from "../world.ts";
import type { ProbeFailure } from "./probe-failure.ts";

/** How a probe ended. */
export type Probed =
  /** A database may say whether it takes writes. */
  | { readonly kind: "answered"; readonly responseMs: number; readonly takesWrites?: boolean }
  | { readonly kind: "failed"; readonly failure: ProbeFailure };

/**
 * Failures that say how the pool or the pod was made, not how the pod is. They are told, and no pod is set aside for
 * them: a mistake in the pool would else take half of its pods.
 */
const inconclusive: ReadonlySet<ProbeFailure> = new Set([
  "PortNotDeclared",
  "AddressRefused",
  "NotImplemented",
  "CredentialsMissing",
  "CertificateRefused",
  "CredentialsRefused",
]);

/** Of these, those by which nothing was heard of the pod itself: what was known of it stands. */
const unheard: ReadonlySet<ProbeFailure> = new Set(["CredentialsMissing", "CertificateRefused", "CredentialsRefused"]);

export const isInconclusive = (failure: ProbeFailure): boolean => inconclusive.has(failure);

/** Successes in a row that bring a fallen pod back. */
const successesToReturn = 2;

/** Times of which the median is taken, so that one lost packet does not make a pod a slow one. */
const timesKept = 3;

const unknown: Probing = { at: 0, times: [], failures: 0, successes: 0, isDown: false };

/** A pod that was down when the operator began, as status tells: it stays so until its probe says otherwise. */
export const knownDown: Probing = { ...unknown, isDown: true };

export const isProbed = (probing: Probing | undefined): boolean =>
  probing !== undefined && (probing.failure !== undefined || probing.failures + probing.successes > 0);

/** One that answers and says nothing of itself, as it wants a password by now, is known no longer. */
const roleIn = ({ takesWrites }: Probed & { readonly kind: "answered" }, at: number): Probing["role"] =>
  takesWrites === undefined ? undefined : { takesWrites, at };

/** What is known of a pod after one more probe, which ended at `at`. */
export function afterProbe(
  before: Probing | undefined,
  probed: Probed,
  at: number,
  { failureThreshold }: Health,
  finding?: Finding,
): Probing {
  const { times, failures, successes, isDown, changedAt, role } = before ?? unknown;
  const heard = probed.kind === "answered" ? roleIn(probed, at) : role;
  const settle = (after: Omit<Probing, "at" | "responseMs" | "changedAt" | "role">): Probing => {
    const changed = after.isDown === isDown ? changedAt : at;
    return {
      ...after,
      at,
      ...(after.times.length > 0 && { responseMs: median(after.times) }),
      ...defined({ changedAt: changed, role: heard }),
    };
  };
  if (probed.kind === "answered") {
    const newest = [probed.responseMs, ...times].slice(0, timesKept);
    const inARow = successes + 1;
    return settle({ times: newest, failures: 0, successes: inARow, isDown: isDown && inARow < successesToReturn });
  }
  const { failure } = probed;
  if (unheard.has(failure)) return settle({ times, failure, ...defined({ finding }), failures, successes, isDown });
  const inARow = failures + 1;
  const falls = !isInconclusive(failure) && (isDown || inARow >= failureThreshold);
  return settle({ times, failure, ...defined({ finding }), failures: inARow, successes: 0, isDown: falls });
}
