import { join } from "node:path";
import { markedBlock, root } from "../../tools/documents/pages.ts";
import { findGrpcGo } from "../../tools/grpc-go.ts";
import { requirePart } from "../../tools/require-part.ts";
import { GrpcClient } from "./grpc-client.ts";

const page = "docs/consumers/grpc.md";
const carryOut = join(import.meta.dirname, "carry-out.ts");

/** A block of the page for users. */
export const grpcBlock = (name: string): string => markedBlock(page, "grpc", name).text;

/** A program with an xDS client. */
export interface GrpcClientKind {
  readonly name: string;
  readonly isHere: boolean;
  /** Whether its connection to a pod that it no longer sends to ends. */
  readonly closesUnused: boolean;
  /** Of the target, with the bootstrap of the page for users, led to a server on this port. */
  start(target: string, port: number): GrpcClient;
}

/** The bootstrap of the page for users, led to a server on this port. */
export const bootstrapOf = (port: number): object =>
  JSON.parse(grpcBlock("bootstrap").replace("evenkeel.evenkeel:18000", `127.0.0.1:${port}`));

const program = findGrpcGo();

const grpcGo: GrpcClientKind = {
  name: "grpc-go",
  isHere: requirePart("grpc-go", program !== undefined),
  closesUnused: true,
  start: (target, port) => new GrpcClient({ command: [program ?? "", target], bootstrap: bootstrapOf(port) }),
};

/** The block of the page for users in a process of its own, as it would be in a program of theirs. */
function startJs(block: string, target: string, port: number): GrpcClient {
  const code = `${block.replace('"xds:///checkout.shop"', JSON.stringify(target))}
const { carryOut } = await import(${JSON.stringify(carryOut)});
await carryOut(client);
process.exit();`;
  // What is not in a file is where the process is: so it finds its packages.
  const command = [process.execPath, "--input-type=module", "--eval", code] as const;
  return new GrpcClient({ command, bootstrap: bootstrapOf(port), cwd: root });
}

const grpcJs: GrpcClientKind = {
  name: "grpc-js",
  isHere: true,
  closesUnused: false,
  start: (target, port) => startJs(grpcBlock("js"), target, port),
};

/** Those that are built for the tests, or come with the packages. */
export const grpcClients: readonly GrpcClientKind[] = [grpcGo, grpcJs];

/** As somebody has it who did not read that page. */
export const plainGrpcJs: GrpcClientKind = {
  ...grpcJs,
  name: "grpc-js as it comes",
  start: (target, port) => startJs(grpcBlock("js").replace(/^require\(.*resolver.*\n.*\n/m, ""), target, port),
};
