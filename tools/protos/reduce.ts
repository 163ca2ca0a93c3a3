import protobuf from "protobufjs";

const { Enum, MapField, Type } = protobuf;

/** What is wanted of a root. Names are full, without a dot in front; fields are in camel case. */
export interface Wanted {
  readonly services: readonly string[];
  readonly messages: readonly string[];
  /** Of a message that is not named, all. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

interface Described {
  [name: string]: unknown;
}

function below(level: Described, name: string): Described {
  const found = level[name] as Described | undefined;
  if (found) return found;
  const made: Described = {};
  level[name] = made;
  return made;
}

/** Puts a description in its place among those of its packages and outer messages. */
function place(into: Described, fullName: string, description: object): void {
  const path = fullName.split(".");
  const level = path.slice(0, -1).reduce((outer, name) => below(below(outer, name), "nested"), into);
  Object.assign(below(level, path.at(-1)!), description);
}

const nameOf = (object: protobuf.ReflectionObject): string => object.fullName.slice(1);

/** What protobufjs brings along, such as Any, has its fields as the file has them. */
const fieldName = ({ name }: protobuf.Field): string => protobuf.util.camelCase(name);

const typeOf = (field: protobuf.Field): string => field.resolve().resolvedType?.fullName ?? field.type;

const describeField = (field: protobuf.Field) => ({
  ...(field instanceof MapField && { keyType: field.keyType }),
  ...(field.repeated && { rule: "repeated" }),
  type: typeOf(field),
  id: field.id,
});

function keptOf(type: protobuf.Type, wanted: Wanted["fields"]): readonly protobuf.Field[] {
  const names = wanted[nameOf(type)];
  if (!names) return type.fieldsArray;
  const unknown = names.find((name) => !type.fields[name]);
  if (unknown) throw new Error(`${nameOf(type)} has no field ${unknown}`);
  return type.fieldsArray.filter(({ name }) => names.includes(name));
}

function describeType(type: protobuf.Type, kept: readonly protobuf.Field[]) {
  const oneofs = type.oneofsArray
    .map(({ name, fieldsArray }) => [name, fieldsArray.filter((field) => kept.includes(field))] as const)
    .filter(([, members]) => members.length > 0)
    .map(([name, members]) => [name, { oneof: members.map(fieldName) }] as const);
  return {
    ...(oneofs.length > 0 && { oneofs: Object.fromEntries(oneofs) }),
    fields: Object.fromEntries(kept.map((field) => [fieldName(field), describeField(field)])),
  };
}

const describeService = ({ methodsArray }: protobuf.Service) => ({
  methods: Object.fromEntries(
    methodsArray.map(({ name, requestStream, responseStream, resolvedRequestType, resolvedResponseType }) => [
      name,
      {
        requestType: resolvedRequestType!.fullName,
        ...(requestStream && { requestStream }),
        responseType: resolvedResponseType!.fullName,
        ...(responseStream && { responseStream }),
      },
    ]),
  ),
});

/** Describes services and messages, and what their fields hold in turn, as `Root.fromJSON` reads it. */
export function reduceRoot(root: protobuf.Root, wanted: Wanted): object {
  const nested: Described = {};
  const seen = new Set<protobuf.ReflectionObject>();

  function visit(object: protobuf.ReflectionObject): void {
    if (seen.has(object)) return;
    seen.add(object);
    if (object instanceof Enum) place(nested, nameOf(object), { values: object.values });
    if (!(object instanceof Type)) return;
    const kept = keptOf(object, wanted.fields);
    place(nested, nameOf(object), describeType(object, kept));
    for (const { resolvedType } of kept) if (resolvedType) visit(resolvedType);
  }

  for (const name of wanted.services) {
    const service = root.lookupService(name);
    place(nested, name, describeService(service));
    for (const { resolvedRequestType, resolvedResponseType } of service.methodsArray)
      for (const type of [resolvedRequestType!, resolvedResponseType!]) visit(type);
  }
  for (const name of wanted.messages) visit(root.lookupType(name));
  const names = new Set([...seen].map(nameOf));
  const idle = Object.keys(wanted.fields).find((name) => !names.has(name));
  if (idle) throw new Error(`fields are picked of ${idle}, which nothing leads to`);
  return { nested };
}
