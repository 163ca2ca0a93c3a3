import type { Member } from "../decide/planned.ts";
import { toEndpoint } from "./endpoints.ts";
import { type Slice, type SliceEndpoint, sameEndpoint } from "./slice.ts";

/**
 * A slice without the pods that are no members any more; those that stay tell how they are now. Nobody is added, and
 * ports and labels stay as they were published. With `onlyLoses`, none turns ready either. Undefined when it says so
 * already. The members are by UID of the pod.
 */
export function retracted(slice: Slice, members: ReadonlyMap<string, Member>, onlyLoses = false): Slice | undefined {
  const endpoints = slice.endpoints.flatMap(({ targetRef, conditions: before }): SliceEndpoint[] => {
    const member = members.get(targetRef?.uid);
    const endpoint = member && toEndpoint(member, slice.addressType);
    if (!endpoint) return [];
    const ready = endpoint.conditions.ready && (before.ready || !onlyLoses);
    return [{ ...endpoint, conditions: { ...endpoint.conditions, ready } }];
  });
  const isSame =
    endpoints.length === slice.endpoints.length &&
    endpoints.every((endpoint, index) => sameEndpoint(endpoint, slice.endpoints[index]!));
  return isSame ? undefined : { ...slice, endpoints };
}
