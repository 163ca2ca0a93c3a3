import { typeUrlOf } from "../grpc/messages.ts";
import { type Dialect, settledOf, wildcard } from "./dialect.ts";
import { type EncodedResource, responsesOfOne, versionOf } from "./encode-resource.ts";
import { type DeltaDiscoveryRequest, encodeDeltaResponse } from "./protocol.ts";
import { type ResourceType, resourceTypes } from "./resource-maker.ts";

const isAllUnlessNamed = (type: ResourceType): boolean =>
  type === resourceTypes.listener || type === resourceTypes.cluster;

function encode(
  type: ResourceType,
  nonce: string,
  resources: readonly EncodedResource[],
  removedResources: readonly string[] = [],
): Buffer {
  const systemVersionInfo = versionOf(resources.map(({ version }) => version).join());
  const head = encodeDeltaResponse({ systemVersionInfo, typeUrl: typeUrlOf(type), removedResources, nonce });
  return Buffer.concat([head, ...resources.map(({ deltaField }) => deltaField)]);
}

const encodeOne = responsesOfOne((resource, nonce) => encode(resource.type, nonce, [resource]));

/** Delta: requests and responses tell what is different. */
export const delta: Dialect<DeltaDiscoveryRequest> = {
  forgets: () => true,
  isIndependent: true,
  namesOf: ({ resourceNamesSubscribe }) => resourceNamesSubscribe,
  wantsAll: ({ resourceNamesSubscribe: wanted, responseNonce }, type) =>
    wanted.includes(wildcard) || (wanted.length === 0 && responseNonce === "" && isAllUnlessNamed(type)),
  without: (request, names) => ({
    ...request,
    resourceNamesSubscribe: request.resourceNamesSubscribe.filter((name) => !names.has(name)),
  }),
  apply(interest, request, isFirst) {
    const { resourceNamesSubscribe: wanted, resourceNamesUnsubscribe: left } = request;
    const has = new Map(isFirst ? Object.entries(request.initialResourceVersions) : []);
    if (wanted.includes(wildcard) || (isFirst && wanted.length === 0 && isAllUnlessNamed(interest.type))) {
      interest.wantAll(has);
    }
    for (const name of left) {
      if (name === wildcard) interest.leaveAll();
      else interest.leave(name);
    }
    for (const name of wanted) if (name !== wildcard) interest.want(name, has.get(name));
  },
  compose(interest) {
    const settled = settledOf(interest, ({ topic }) => topic.resource?.deltaField.length ?? 0);
    const isOpening = interest.isFresh && interest.wantsAll && interest.topics.isComplete;
    if (settled.length === 0 && interest.lost.size === 0 && !isOpening) return undefined;
    const present = settled.flatMap(({ topic: { resource } }) => resource ?? []);
    const gone = settled.filter(({ topic }) => !topic.resource).map(({ topic }) => topic.name);
    const removed = [...gone, ...interest.lost];
    interest.lost.clear();
    const [only] = present;
    if (!only || present.length > 1 || removed.length > 0) {
      return { bytes: encode(interest.type, interest.nextNonce(), present, removed), held: settled };
    }
    interest.nonce = only.version;
    return { bytes: encodeOne(only), held: settled };
  },
};
