import { existsSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import { generate } from "../generated.ts";
import { reduceRoot } from "./reduce.ts";
import { fields, files, newerFields, newerMessages, newerValues, origins, resources, services } from "./used.ts";

// Writes one descriptor of all that is spoken over gRPC, from the .proto files of packages; with --check, fails if it is
// not fresh.

const folders = origins.flatMap((origin) => origin.folders.map((folder) => join(origin.home, folder)));

async function describe(): Promise<string> {
  const root = new protobuf.Root();
  root.resolvePath = (_, file) => folders.map((folder) => join(folder, file)).find((path) => existsSync(path)) ?? file;
  await root.load(files);
  for (const [name, messages] of Object.entries(newerMessages)) root.define(name, messages);
  for (const { message, oneof, name, id, type } of newerFields) {
    const holder = root.lookupType(message);
    (oneof === undefined ? holder : holder.oneofs[oneof]!).add(new protobuf.Field(name, id, type));
  }
  for (const { enumeration, name, id } of newerValues) root.lookupEnum(enumeration).add(name, id);
  root.resolveAll();
  return `${JSON.stringify(reduceRoot(root, { services, messages: resources, fields }), undefined, 2)}\n`;
}

await generate([{ path: "src/serve/grpc/descriptor.json", text: describe }]);
