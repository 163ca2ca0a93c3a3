import { findOrBuildGrpcJava } from "../../tools/grpc-java.ts";
import { requirePart } from "../../tools/require-part.ts";
import { GrpcClient } from "./grpc-client.ts";
import type { GrpcClientKind } from "./grpc-clients.ts";

const found = await findOrBuildGrpcJava();

export const grpcJava: GrpcClientKind = {
  name: "grpc-java",
  isHere: requirePart("grpc-java", found.kind === "ready"),
  closesUnused: true,
  speaksTls: false,
  start(target, bootstrap) {
    if (found.kind === "missing") throw new Error(found.reason);
    return new GrpcClient({ command: [...found.command, target], bootstrap });
  },
};
