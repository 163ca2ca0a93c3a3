import { kind } from "../api/pool.ts";
import { managedByLabel, type Place, serviceLabel, sideLabel } from "../decide/claims/places.ts";
import { type ListSide, sides } from "../decide/claims/split.ts";
import type { Pool } from "../decide/world.ts";
import { keyOf } from "../key.ts";
import { type KubeObject, managedBy, type OwnerReference } from "../kube/types.ts";
import { outOf, type Slice } from "./slice.ts";

/** Where slices stand, and which list of the pool they have. */
export type NamedPlace = Pick<Place, "name" | "side" | "service">;

const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);

/** Key of the pool that controls it. */
export function poolKeyOf(object: KubeObject): string | undefined {
  const owner = controllerOf(object);
  return owner?.kind === kind ? keyOf({ namespace: object.metadata.namespace, name: owner.name }) : undefined;
}

/** Empty where nobody controls it. */
export const ownerUidOf = (object: KubeObject): string => controllerOf(object)?.uid ?? "";

/** Whose an object is that a pool may not write, for people. */
export function whoseIs(object: KubeObject): string {
  const owner = controllerOf(object);
  return owner ? `belongs to ${owner.kind} ${owner.name}` : "is not this pool's";
}

/** The Service that a slice was made for. Its name says so for good; a label is soon changed. */
export const serviceOf = ({ metadata: { name, labels } }: KubeObject): string =>
  /^(.+)-evenkeel(?:-ipv6)?-[0-9]+$/.exec(name)?.[1] ?? labels?.[serviceLabel] ?? "";

/** The Service that a slice was made for, and that for which it says it is. */
export const servicesOf = (slice: KubeObject): string[] =>
  [...new Set([serviceOf(slice), slice.metadata.labels?.[serviceLabel] ?? ""])].filter((service) => service !== "");

/** Which list of the pool a slice has; undefined of one on the pool's own Service. */
export const sideOf = ({ metadata: { labels } }: KubeObject): ListSide | undefined =>
  sides.find((side) => side === labels?.[sideLabel]);

const isOurs = ({ metadata: { labels } }: KubeObject): boolean => labels?.[managedByLabel] === managedBy;

type PoolIdentity = Pick<Pool, "name" | "uid">;

/**
 * Whether an object is left of a former pool of this name, or has lost its owner: nobody else keeps it. `isMarked` tells
 * which of those that nobody controls pools have made; absent: it is a slice.
 */
export function isOrphanOf({ name, uid }: PoolIdentity, object: KubeObject, isMarked = isOurs): boolean {
  const owner = controllerOf(object);
  if (!owner) return isMarked(object);
  return owner.kind === kind && owner.name === name && owner.uid !== uid;
}

/** Whether an object is the pool's to write: by its owner, whatever its labels, or because it is an orphan. */
export const isFor = (pool: PoolIdentity, object: KubeObject, isMarked = isOurs): boolean =>
  controllerOf(object)?.uid === pool.uid || isOrphanOf(pool, object, isMarked);

/** Whether a slice says whose it is, for which Service and list, and how it tells of pods that are out. */
export const isWhole = ({ uid, spec }: Pool, { name, side }: NamedPlace, slice: Slice): boolean =>
  controllerOf(slice)?.uid === uid &&
  isOurs(slice) &&
  slice.metadata.labels?.[serviceLabel] === name &&
  slice.metadata.labels?.[sideLabel] === side &&
  outOf(slice) === spec.publish.out;
