import { join } from "node:path";
import { buildTool, type FoundTool, findBuilt, type GoTool } from "./go-tool.ts";

const client: GoTool = {
  name: "grpc-go's xDS client",
  program: "grpc-go-client",
  module: join(import.meta.dirname, "grpc-go"),
  requires: "google.golang.org/grpc",
  package: "evenkeel.io/test/grpc-go",
  isOurs: true,
};

/** A program that calls pods through grpc-go's own xDS client, if it was built. */
export const findGrpcGo = (): string | undefined => findBuilt(client);

/** As `findGrpcGo`; else builds it from pinned Go modules into our cache: under a minute of CPU. */
export async function findOrBuildGrpcGo(): Promise<FoundTool> {
  const found = findGrpcGo();
  return found ? { kind: "ready", path: found } : buildTool(client);
}
