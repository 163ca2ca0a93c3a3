/** Whatever lies in a namespace, or, without one, in none. */
interface Named {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** By which queues, caches and consumers know an object: `namespace/name`, or its name where it lies in no namespace. */
export const keyOf = ({ namespace, name }: Named): string => (namespace ? `${namespace}/${name}` : name);

/** The namespace and name in the key of something that lies in a namespace. */
export function namesIn(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
