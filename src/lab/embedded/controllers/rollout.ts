import { createHash } from "node:crypto";
import { canonicalJson, equalJson, type Json, objectOf, valueAt, without } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";

export const hashLabel = "pod-template-hash";

const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A short name for a pod template: equal templates have equal hashes. */
export const templateHash = (template: Json): string =>
  [...createHash("sha256").update(canonicalJson(template)).digest().subarray(0, 10)]
    .map((byte) => alphabet[byte % alphabet.length])
    .join("");

const unhashed = (template: Json | undefined): Json => {
  const { metadata, ...rest } = objectOf(template);
  return {
    ...rest,
    metadata: { ...objectOf(metadata), labels: without(objectOf(objectOf(metadata).labels), hashLabel) },
  };
};

/** Whether a ReplicaSet's pods are those that the Deployment wants now. */
export const hasTemplateOf = (set: StoredObject, deployment: StoredObject): boolean =>
  equalJson(unhashed(valueAt(set, "spec", "template")), unhashed(valueAt(deployment, "spec", "template")));

export const replicasOf = (object: StoredObject): number => Number(valueAt(object, "spec", "replicas") ?? 0);
export const statusCount = (object: StoredObject, count: string): number =>
  Number(valueAt(object, "status", count) ?? 0);
export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

export interface Bounds {
  readonly surge: number;
  readonly unavailable: number;
}

/** How far a rolling update may go above and below the wanted number; a percentage rounds up above and down below. */
export function boundsOf(deployment: StoredObject): Bounds {
  const desired = replicasOf(deployment);
  const strategy = valueAt(deployment, "spec", "strategy");
  if (valueAt(strategy, "type") === "Recreate") return { surge: 0, unavailable: desired };
  const count = (name: string, round: (number: number) => number): number => {
    const value = valueAt(strategy, "rollingUpdate", name) ?? "25%";
    return typeof value === "string" ? round((Number.parseFloat(value) / 100) * desired) : Number(value);
  };
  const surge = count("maxSurge", Math.ceil);
  const unavailable = count("maxUnavailable", Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** How many replicas the new ReplicaSet may have next. */
export function nextForNew(deployment: StoredObject, fresh: StoredObject, old: readonly StoredObject[]): number {
  const desired = replicasOf(deployment);
  const running = sum(old.map((set) => Math.max(replicasOf(set), statusCount(set, "replicas"))));
  if (valueAt(deployment, "spec", "strategy", "type") === "Recreate") return running > 0 ? 0 : desired;
  const room = desired + boundsOf(deployment).surge - sum([fresh, ...old].map(replicasOf));
  return Math.min(desired, replicasOf(fresh) + Math.max(0, room));
}

/** How many replicas each old ReplicaSet may keep: unready pods go first, ready ones as new ones become available. */
export function nextForOld(
  deployment: StoredObject,
  fresh: StoredObject,
  old: readonly StoredObject[],
): Map<StoredObject, number> {
  const next = new Map(old.map((set) => [set, replicasOf(set)]));
  const { unavailable } = boundsOf(deployment);
  const needed = replicasOf(deployment) - unavailable;
  const unavailableNew = replicasOf(fresh) - statusCount(fresh, "availableReplicas");
  let room = sum([fresh, ...old].map(replicasOf)) - needed - Math.max(0, unavailableNew);
  const shrink = (set: StoredObject, by: number) => {
    const less = Math.max(0, Math.min(by, room, next.get(set) ?? 0));
    next.set(set, (next.get(set) ?? 0) - less);
    room -= less;
    return less;
  };
  for (const set of old) shrink(set, replicasOf(set) - statusCount(set, "availableReplicas"));
  let spare = sum([fresh, ...old].map((set) => statusCount(set, "availableReplicas"))) - needed;
  for (const set of old) spare -= shrink(set, Math.max(0, spare));
  return next;
}
