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
  /** Whether it can be told of an xDS server's authority, and shows a certificate of its own. */
  readonly speaksTls: boolean;
  start(target: string, bootstrap: object): GrpcClient;
}

/** A bootstrap of the page for users, led to a server on this port. */
export const bootstrapOf = (port: number, name = "bootstrap"): object =>
  JSON.parse(grpcBlock(name).replace("evenkeel.evenkeel:18000", `127.0.0.1:${port}`));

const program = findGrpcGo();
const callCredentials = "GRPC_EXPERIMENTAL_XDS_BOOTSTRAP_CALL_CREDS";

const grpcGo: GrpcClientKind = {
  name: "grpc-go",
  isHere: requirePart("grpc-go", program !== undefined),
  closesUnused: true,
  speaksTls: true,
  start: (target, bootstrap) =>
    // As the page says for tokens.
    new GrpcClient({ command: [program ?? "", target], bootstrap, env: { [callCredentials]: "true" } }),
};

/** The block of the page for users in a process of its own, as it would be in a program of theirs. */
function startJs(block: string, target: string, bootstrap: object): GrpcClient {
  const code = `${block.replace('"xds:///checkout.shop"', JSON.stringify(target))}
const { carryOut } = await import(${JSON.stringify(carryOut)});
await carryOut(client);
process.exit();`;
  // What is not in a file is where the process is: so it finds its packages.
  const command = [process.execPath, "--input-type=module", "--eval", code] as const;
  return new GrpcClient({ command, bootstrap, cwd: root });
}

const grpcJs: GrpcClientKind = {
  name: "grpc-js",
  isHere: true,
  closesUnused: false,
  speaksTls: false,
  start: (target, bootstrap) => startJs(grpcBlock("js"), target, bootstrap),
};

/** Those that are built for the tests, or come with the packages. */
export const grpcClients: readonly GrpcClientKind[] = [grpcGo, grpcJs];

/** As somebody has it who did not read that page. */
export const plainGrpcJs: GrpcClientKind = {
  ...grpcJs,
  name: "grpc-js as it comes",
  start: (target, bootstrap) =>
    startJs(grpcBlock("js").replace(/^require\(.*resolver.*\n.*\n/m, ""), target, bootstrap),
};
