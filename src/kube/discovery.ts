import { ApiError } from "./api-error.ts";
import type { Transport } from "./transport.ts";
import { groupPath, type ResourceRef } from "./types.ts";
import { fieldOf, listOf, textOf } from "./untyped.ts";

export interface Resolved {
  readonly ref: ResourceRef;
  /** Whether it has a scale subresource. */
  readonly scalable: boolean;
}

export interface Discovery {
  /** The resource of a kind, or `undefined` when the cluster has none. Throws `ApiError` while nothing is known. */
  resolve(apiVersion: string, kind: string): Promise<Resolved | undefined>;
}

export interface DiscoveryOptions {
  readonly transport: Transport;
  readonly now?: () => number;
  readonly knownForMs?: number;
  readonly missingForMs?: number;
}

interface Entry {
  readonly readAt: number;
  readonly kinds: ReadonlyMap<string, Resolved>;
}

// The text comes from users and becomes part of a path.
const apiVersionPattern = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/;
const maxEntries = 200;

const noKinds: ReadonlyMap<string, Resolved> = new Map();

/** Answers from memory for some minutes; that something is missing, only briefly, since it may be installed any time. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { transport, now = () => performance.now(), knownForMs = 300_000, missingForMs = 15_000 } = options;
  const entries = new Map<string, Entry>();
  const pending = new Map<string, Promise<Entry>>();

  const read = async (apiVersion: string): Promise<Entry> => {
    const entry = { readAt: now(), kinds: await readKinds(transport, apiVersion) };
    if (entries.size >= maxEntries) entries.clear();
    entries.set(apiVersion, entry);
    return entry;
  };

  const readOnce = (apiVersion: string): Promise<Entry> => {
    const running = pending.get(apiVersion) ?? read(apiVersion).finally(() => pending.delete(apiVersion));
    pending.set(apiVersion, running);
    return running;
  };

  return {
    async resolve(apiVersion, kind) {
      if (!apiVersionPattern.test(apiVersion)) return undefined;
      const known = entries.get(apiVersion);
      const found = known?.kinds.get(kind);
      if (known && now() - known.readAt < (found ? knownForMs : missingForMs)) return found;
      try {
        return (await readOnce(apiVersion)).kinds.get(kind);
      } catch (error) {
        // An outage does not take back what was known.
        if (found) return found;
        throw error;
      }
    },
  };
}

async function readKinds(transport: Transport, apiVersion: string): Promise<ReadonlyMap<string, Resolved>> {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  let resources: ReturnType<typeof listOf>;
  try {
    const path = groupPath(group, version);
    const answer = await transport.request<unknown>({ verb: "get", target: { path, resource: "apiresources" } });
    resources = listOf(fieldOf(answer, "resources"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return noKinds;
    throw error;
  }
  const names = resources.map(({ name }) => textOf(name) ?? "");
  const scalable = new Set(names.filter((name) => name.endsWith("/scale")).map((name) => name.slice(0, -6)));
  return new Map(
    resources.flatMap(({ name, kind, namespaced }): [string, Resolved][] => {
      const plural = textOf(name);
      const known = textOf(kind);
      if (plural === undefined || known === undefined || plural.includes("/")) return [];
      const ref = { group, version, plural, namespaced: namespaced === true };
      return [[known, { ref, scalable: scalable.has(plural) }]];
    }),
  );
}
