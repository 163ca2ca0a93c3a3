import type { Change } from "../../kube/object-cache.ts";

/** Items of a watch by namespace, so that a pool looks at its own namespace only. */
export class ByNamespace<T extends { readonly namespace: string }> {
  readonly #namespaces = new Map<string, Map<string, T>>();

  apply({ key, current, previous }: Change<T>): void {
    const namespace = (current ?? previous)?.namespace;
    if (namespace === undefined) return;
    const items = this.#namespaces.get(namespace) ?? new Map<string, T>();
    if (current) items.set(key, current);
    else items.delete(key);
    if (items.size > 0) this.#namespaces.set(namespace, items);
    else this.#namespaces.delete(namespace);
  }

  get(namespace: string, key: string): T | undefined {
    return this.#namespaces.get(namespace)?.get(key);
  }

  has(namespace: string): boolean {
    return this.#namespaces.has(namespace);
  }

  /** Those that have items. */
  get namespaces(): Iterable<string> {
    return this.#namespaces.keys();
  }

  *all(): Iterable<T> {
    for (const items of this.#namespaces.values()) yield* items.values();
  }

  in(namespace: string): Iterable<T> {
    return this.#namespaces.get(namespace)?.values() ?? [];
  }
}
