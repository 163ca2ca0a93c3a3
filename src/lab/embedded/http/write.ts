import { type Resource, subjectOf } from "../kinds/resource.ts";
import { isObject, type Json, valueAt, withValueAt } from "../object/json.ts";
import {
  badRequest,
  forbiddenValue,
  invalid,
  methodNotAllowed,
  requiredValue,
  unsupportedMediaType,
} from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { strategicMergePatch } from "../patch/strategic-merge-patch.ts";
import type { Registry, WriteOptions } from "../registry.ts";
import { readDeleteOptions } from "../writes/deletion.ts";
import { checkKind } from "../writes/normalize.ts";
import type { Address } from "./address.ts";
import { readSelection } from "./list-options.ts";
import { type ApiRequest, isDryRun, isTrue, managerOf, parseYaml, readObject, validationOf } from "./request.ts";
import { patchedScaleOf, scaleConfig, scaleOf, withScale } from "./scale.ts";

export interface WriteResult {
  readonly code: 200 | 201;
  readonly object: StoredObject;
}

const optionsOf = (request: ApiRequest, subresource: string | undefined): WriteOptions => ({
  manager: managerOf(request),
  dryRun: isDryRun(request),
  validation: validationOf(request),
  warn: request.warn,
  subresource,
});

export async function create(
  registry: Registry,
  resource: Resource,
  { namespace }: Address,
  request: ApiRequest,
): Promise<WriteResult> {
  const body = checkKind(resource, await readObject(request));
  return { code: 201, object: registry.create(resource, namespace, body, optionsOf(request, undefined)) };
}

/** PUT: replaces the object, its status or its scale. */
export async function replace(
  registry: Registry,
  resource: Resource,
  address: Address,
  request: ApiRequest,
): Promise<WriteResult> {
  const { namespace, name = "", subresource } = address;
  const sent = await readObject(request);
  const options = optionsOf(request, subresource);
  const { scale } = resource;
  if (subresource === "scale" && scale) {
    const object = registry.update(
      resource,
      namespace,
      name,
      (current) => withScale(resource, current, scale, sent),
      options,
    );
    return { code: 200, object: scaleOf(object, scale) };
  }
  const body = checkKind(resource, sent);
  if (resource.allowsCreateOnUpdate && subresource === undefined && !registry.find(resource, namespace, name)) {
    return { code: 201, object: registry.create(resource, namespace, body, options) };
  }
  return { code: 200, object: registry.update(resource, namespace, name, () => body, options) };
}

type Patch = (target: StoredObject) => Json;

const jsonPatchType = "application/json-patch+json";
const mergePatchType = "application/merge-patch+json";
const strategicType = "application/strategic-merge-patch+json";
const applyType = "application/apply-patch+yaml";

/** PATCH in its four kinds; an apply that finds no object creates it. */
export async function patch(
  registry: Registry,
  resource: Resource,
  address: Address,
  request: ApiRequest,
): Promise<WriteResult> {
  const { namespace, name = "", subresource } = address;
  const types = [jsonPatchType, mergePatchType, applyType, ...(resource.isCustom ? [] : [strategicType])];
  if (!types.includes(request.contentType)) throw unsupportedMediaType(types);
  if (request.contentType === applyType) return apply(registry, resource, address, request);
  if (request.query.has("force")) {
    throw invalid(patchOptions, [forbiddenValue("force", "may not be specified for non-apply patch")]);
  }
  const perform = readPatch(resource, request);
  const options: WriteOptions = { ...optionsOf(request, subresource), origin: "patch" };
  const { scale } = resource;
  if (subresource === "scale" && scale) {
    const change = (current: StoredObject) =>
      withScale(resource, current, scale, perform(patchedScaleOf(current, scale)));
    return { code: 200, object: scaleOf(registry.update(resource, namespace, name, change, options), scale) };
  }
  const change = (current: StoredObject) => checkKind(resource, perform(current));
  return { code: 200, object: registry.update(resource, namespace, name, change, options) };
}

function readPatch(resource: Resource, { contentType, body }: ApiRequest): Patch {
  let change: Json;
  try {
    change = JSON.parse(body) as Json;
  } catch (cause) {
    throw badRequest(`error decoding patch: ${String(cause)}`);
  }
  if (contentType === jsonPatchType) return (target) => jsonPatch(target, change);
  if (!isObject(change)) throw badRequest("error decoding patch: a merge patch is an object");
  if (contentType === strategicType) return (target) => strategicMergePatch(resource.schema, target, change);
  return (target) => mergePatch(target, change);
}

const patchOptions = { group: "meta.k8s.io", kind: "PatchOptions" };

async function apply(
  registry: Registry,
  resource: Resource,
  address: Address,
  request: ApiRequest,
): Promise<WriteResult> {
  const { namespace, name = "", subresource } = address;
  if (!request.query.get("fieldManager")) {
    throw invalid(patchOptions, [requiredValue("fieldManager", "is required for apply patch")]);
  }
  const sent = await readApplied(request.body);
  const { scale } = resource;
  const isScale = subresource === "scale" && scale !== undefined;
  if (sent.kind === undefined || sent.apiVersion === undefined) {
    throw badRequest(`invalid object type: ${sent.apiVersion ?? "/"}, Kind=${sent.kind ?? ""}`);
  }
  const config = isScale ? scaleConfig(resource, scale, sent) : checkKind(resource, sent);
  const options = { ...optionsOf(request, subresource), force: isTrue(request.query.get("force")) };
  const { object, isNew } = registry.apply(resource, namespace, name, config, options);
  return { code: isNew ? 201 : 200, object: isScale ? scaleOf(object, scale) : object };
}

async function readApplied(body: string): Promise<StoredObject> {
  let sent: Json;
  try {
    sent = await parseYaml(body);
  } catch (cause) {
    throw badRequest(`error decoding YAML: ${String(cause)}`);
  }
  if (!isObject(sent)) throw badRequest("error decoding YAML: an applied configuration is an object");
  return { ...sent, metadata: isObject(sent.metadata) ? sent.metadata : {} } as StoredObject;
}

/** DELETE of one object: answers with the object where it is still there or the kind shows it, else with a Status. */
export async function remove(
  registry: Registry,
  resource: Resource,
  address: Address,
  request: ApiRequest,
): Promise<Json> {
  const { namespace, name = "" } = address;
  const options = { ...readDeleteOptions(await readOptional(request), request.query), dryRun: isDryRun(request) };
  const { object, isGone } = registry.delete(resource, namespace, name, options);
  if (!isGone || resource.returnsDeleted) return object;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { ...subjectOf(resource, name), group: resource.group || undefined, uid: object.metadata.uid },
  };
}

/** DELETE of a collection: answers with the objects as they were. */
export async function removeAll(
  registry: Registry,
  resource: Resource,
  address: Address,
  request: ApiRequest,
): Promise<StoredObject[]> {
  const options = { ...readDeleteOptions(await readOptional(request), request.query), dryRun: isDryRun(request) };
  const { namespace, matches } = readSelection(resource, address, request.query);
  const chosen = registry.list(resource, namespace).filter(matches);
  for (const { metadata } of chosen) registry.delete(resource, metadata.namespace, metadata.name ?? "", options);
  return chosen;
}

const readOptional = async (request: ApiRequest): Promise<Json | undefined> =>
  request.body === "" ? undefined : readObject(request);

/** The verdict of the scheduler: POST to a pod's `binding` names the node that runs it. */
export async function bind(
  registry: Registry,
  resource: Resource,
  address: Address,
  request: ApiRequest,
): Promise<void> {
  const { namespace, name = "" } = address;
  if (resource.plural !== "pods") throw methodNotAllowed(subjectOf(resource, name), "create");
  const node = valueAt(await readObject(request), "target", "name") ?? "";
  const change = (pod: StoredObject) => withValueAt(pod, ["spec", "nodeName"], node) as StoredObject;
  registry.update(resource, namespace, name, change, optionsOf(request, "binding"));
}
