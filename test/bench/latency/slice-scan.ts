/** What a watch event tells of a slice, as far as it is of interest here. */
export interface SliceSighting {
  readonly service: string;
  readonly resourceVersion: string;
  /** By address. */
  readonly ready: ReadonlyMap<string, boolean>;
}

// As the API server writes them, fields of its types come in one order.
const service = /"kubernetes\.io\/service-name":"([^"]+)"/;
const resourceVersion = /"resourceVersion":"(\d+)"/;
const endpoint = /"addresses":\["([^"]+)"\],"conditions":\{"ready":(true|false)/g;

/** Reads a slice, as the API server writes it, without parsing all of it: a watcher that is busy measures itself. */
export function scanSlice(text: string): SliceSighting {
  const ready = new Map<string, boolean>();
  for (const [, address, value] of text.matchAll(endpoint)) ready.set(address!, value === "true");
  return { service: service.exec(text)?.[1] ?? "", resourceVersion: resourceVersion.exec(text)?.[1] ?? "", ready };
}
