import { typeUrlOf } from "../grpc/messages.ts";
import { type Composed, type Dialect, settledOf, wildcard } from "./dialect.ts";
import { type EncodedResource, responsesOfOne, versionOf } from "./encode-resource.ts";
import type { HeldResource, Interest } from "./interest.ts";
import { type DiscoveryRequest, encodeResponse } from "./protocol.ts";
import { type ResourceType, resourceTypes } from "./resource-maker.ts";

/** Of these a response has all that the client wants: what is not in it is gone. Of others, what changed. */
const isWhole = (type: ResourceType): boolean => type === resourceTypes.listener || type === resourceTypes.cluster;

function encode(type: ResourceType, nonce: string, resources: readonly EncodedResource[]): Buffer {
  const [only] = resources;
  const versionInfo =
    only && resources.length === 1 ? only.version : versionOf(resources.map(({ version }) => version).join());
  const head = encodeResponse({ versionInfo, typeUrl: typeUrlOf(type), nonce });
  return Buffer.concat([head, ...resources.map(({ field }) => field)]);
}

const encodeOne = responsesOfOne((resource, nonce) => encode(resource.type, nonce, [resource]));

function write(interest: Interest, told: readonly HeldResource[]): Composed {
  const resources = told.flatMap(({ topic: { resource } }) => resource ?? []);
  const [only] = resources;
  if (!only || resources.length > 1) {
    return { bytes: encode(interest.type, interest.nextNonce(), resources), held: told };
  }
  interest.nonce = only.version;
  return { bytes: encodeOne(only), held: told };
}

/** All or nothing: one of which nobody knows yet whether it is there would be told to be gone. */
function composeWhole(interest: Interest): Composed | undefined {
  if (interest.wantsAll && !interest.topics.isComplete) return undefined;
  const all = [...interest.held.values()];
  if (!all.every(({ topic }) => topic.isSettled)) return undefined;
  const isOpening = interest.isFresh && (interest.wantsAll || all.length > 0);
  if (!isOpening && interest.changed.size === 0 && interest.lost.size === 0) return undefined;
  interest.lost.clear();
  return write(interest, all);
}

function composeChanged(interest: Interest): Composed | undefined {
  const settled = settledOf(interest, ({ topic }) => topic.resource?.field.length ?? 0);
  // There is no word for what is not there.
  for (const held of settled) if (!held.topic.resource) interest.changed.delete(held);
  const present = settled.filter(({ topic }) => topic.resource);
  return present.length === 0 ? undefined : write(interest, present);
}

/** State of the world: a request names all that is wanted. */
export const stateOfTheWorld: Dialect<DiscoveryRequest> = {
  forgets: isWhole,
  isIndependent: false,
  namesOf: ({ resourceNames }) => resourceNames,
  wantsAll: ({ resourceNames }, type) =>
    resourceNames.includes(wildcard) || (resourceNames.length === 0 && isWhole(type)),
  without: (request, names) => ({
    ...request,
    resourceNames: request.resourceNames.filter((name) => !names.has(name)),
  }),
  apply(interest, { resourceNames }, isFirst) {
    const names = new Set(resourceNames);
    // Who has never named any wants all of these.
    const asksForAll = isWhole(interest.type) && names.size === 0 && (isFirst || interest.wantsAll);
    if (names.delete(wildcard) || asksForAll) interest.wantAll();
    else interest.leaveAll();
    for (const name of [...interest.named]) if (!names.has(name)) interest.leave(name);
    for (const name of names) interest.want(name);
  },
  compose: (interest) => (isWhole(interest.type) ? composeWhole(interest) : composeChanged(interest)),
};
