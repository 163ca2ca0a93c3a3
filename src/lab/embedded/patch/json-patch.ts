import { equalJson, isList, isObject, type Json, type JsonObject, ownValue } from "../object/json.ts";
import { badRequest, StatusError } from "../object/status-error.ts";

type Mutable = { [key: string]: Mutable | Json } | (Mutable | Json)[];

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string;
  readonly value: Json | undefined;
}

/** The server says no more than this when an operation cannot be done, a failed `test` included. */
const refused = (): StatusError =>
  new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {});

/**
 * RFC 6902. Refuses with 422 as a whole if any operation, `test` included, does not hold.
 *
 * By hand, as it is the API server's: `replace` may make a field and take a whole document, absence equals null, and a
 * position is a number within the list. The package rfc6902 refuses the first three, and takes any key of a list for a
 * position (`remove` of `/list/length` removes its first item) and whatever objects inherit for their fields.
 */
export function jsonPatch(value: JsonObject, patch: Json): Json {
  if (!isList(patch)) throw badRequest("error decoding patch: a JSON patch is a list of operations");
  let document = structuredClone(value) as Json;
  for (const step of patch) document = perform(document, operation(step));
  return document;
}

function operation(step: Json): Operation {
  if (!isObject(step)) throw badRequest("error decoding patch: an operation is an object");
  const text = (value: Json | undefined) => (typeof value === "string" ? value : "");
  return { op: text(step.op), path: text(step.path), from: text(step.from), value: step.value };
}

function perform(document: Json, { op, path, from, value }: Operation): Json {
  switch (op) {
    case "test":
      if (!equalJson(read(document, path) ?? null, value ?? null)) throw refused();
      return document;
    case "add":
      return add(document, path, value ?? null);
    case "replace":
      return replace(document, path, value ?? null);
    case "remove":
      return remove(document, path);
    case "move": {
      const moved = read(document, from) ?? null;
      return add(remove(document, from), path, moved);
    }
    case "copy":
      return add(document, path, structuredClone(read(document, from) ?? null));
    default:
      throw refused();
  }
}

const pointer = (path: string): string[] => {
  if (path !== "" && !path.startsWith("/")) throw refused();
  return path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
};

function read(document: Json, path: string): Json | undefined {
  let at: Json | undefined = document;
  for (const key of pointer(path)) {
    if (isList(at)) at = at[position(key, at.length - 1)];
    else if (isObject(at)) at = ownValue(at, key);
    else throw refused();
  }
  return at;
}

function position(key: string, last: number): number {
  if (!/^(0|[1-9]\d*)$/.test(key) || Number(key) > last) throw refused();
  return Number(key);
}

/** The container that holds the path's last key, and that key. */
function parent(document: Json, path: string): [Mutable, string] {
  const keys = pointer(path);
  const last = keys.pop();
  if (last === undefined) throw refused();
  const at = read(document, keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
  if (!isObject(at) && !isList(at)) throw refused();
  return [at as Mutable, last];
}

function add(document: Json, path: string, value: Json): Json {
  if (path === "") return value;
  const [at, key] = parent(document, path);
  if (Array.isArray(at)) at.splice(key === "-" ? at.length : position(key, at.length), 0, value);
  else at[key] = value;
  return document;
}

/** A replaced object field may be absent, as in the API server; a list position may not. */
function replace(document: Json, path: string, value: Json): Json {
  if (path === "") return value;
  const [at, key] = parent(document, path);
  if (Array.isArray(at)) at[position(key, at.length - 1)] = value;
  else at[key] = value;
  return document;
}

function remove(document: Json, path: string): Json {
  const [at, key] = parent(document, path);
  if (Array.isArray(at)) at.splice(position(key, at.length - 1), 1);
  else if (Object.hasOwn(at, key)) delete at[key];
  else throw refused();
  return document;
}
