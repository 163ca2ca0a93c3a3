/** What the parameter `client` of a request says. */
export type ClientId =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "absent" }
  | { readonly kind: "invalid"; readonly detail: string };

const pattern = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

/** Who asks, or reports. Clients choose their ids; nothing but lists and reports hangs on them. */
export function readClient(query: URLSearchParams): ClientId {
  const [id, ...more] = query.getAll("client");
  if (id === undefined) return { kind: "absent" };
  if (more.length === 0 && pattern.test(id)) return { kind: "id", id };
  const detail =
    "Parameter client must be given once, as 1 to 128 letters, digits and ._:@-, starting with a letter or digit.";
  return { kind: "invalid", detail };
}
