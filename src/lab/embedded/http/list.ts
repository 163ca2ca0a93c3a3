import type { Resource } from "../kinds/resource.ts";
import { expired } from "../object/status-error.ts";
import { keyOf, type StoredObject } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";
import type { Address } from "./address.ts";
import {
  checkListOptions,
  printContinuation,
  readContinuation,
  readLimit,
  readRevision,
  readSelection,
  tooLargeRevision,
} from "./list-options.ts";
import { negotiate, Renderer } from "./representation.ts";
import type { ApiRequest } from "./request.ts";

/** Answers a list: all pages of one list show the state at the first page's revision. */
export function list(registry: Registry, resource: Resource, address: Address, { query, accept }: ApiRequest): string {
  checkListOptions(query);
  const selection = readSelection(resource, address, query);
  const continuation = readContinuation(query);
  const limit = readLimit(query);
  const asked = readRevision(query);
  const { store } = registry;
  if (asked !== undefined && asked > store.revision) throw tooLargeRevision(asked, store.revision);
  const isExact = query.get("resourceVersionMatch") === "Exact";
  const revision = continuation?.revision ?? (isExact && asked ? asked : store.revision);
  const matching = stateAt(registry, resource, selection.namespace, revision).filter(selection.matches);
  const rest = continuation ? matching.filter((object) => keyOf(object) > continuation.start) : matching;
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const isPartial = last !== undefined && page.length < rest.length;
  return new Renderer(resource, negotiate(accept, query), registry.now).list(page, {
    resourceVersion: String(revision),
    continue: isPartial ? printContinuation({ revision, start: keyOf(last) }) : undefined,
    remainingItemCount: isPartial && !selection.isSelective ? rest.length - page.length : undefined,
  });
}

function stateAt(
  registry: Registry,
  resource: Resource,
  namespace: string | undefined,
  revision: number,
): StoredObject[] {
  if (revision === registry.store.revision) return registry.list(resource, namespace);
  const objects = registry.store.listAt(resource.table, namespace, revision);
  if (objects) return objects.map(resource.fromStored);
  throw expired(
    "The provided continue parameter is too old to display a consistent list result. You must start a new list without " +
      "the continue parameter.",
  );
}
