import { rm, writeFile } from "node:fs/promises";
import nodeModule from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../../../cli/flags/flag.ts";
import { setInEnvironment } from "../../../../config.ts";
import { xds } from "../../../../serve/xds/xds.ts";
import type { Carrier, CarrierKind } from "./carrier.ts";

/** These two have to be there at run time: they read files of their own, which no bundle has. */
const requirePackage = nodeModule.createRequire(import.meta.url);
const packages = ["@grpc/grpc-js", "@grpc/grpc-js-xds"] as const;
const callWithinMs = 5_000;
const connectedWithinMs = 5_000;
/** Its path is read when the packages are loaded, the file itself by the first client. */
const bootstrapFile = join(tmpdir(), `evenkeel-demo-xds-${process.pid}.json`);

/** As much of grpc-js as is used here. */
interface Grpc {
  readonly Client: new (target: string, credentials: unknown) => GrpcClient;
  readonly Metadata: new () => unknown;
  readonly credentials: { createInsecure(): unknown };
}

interface GrpcClient {
  makeUnaryRequest(
    path: string,
    encode: (message: Buffer) => Buffer,
    decode: (bytes: Buffer) => Buffer,
    message: Buffer,
    metadata: unknown,
    options: { readonly deadline: number },
    done: (error: Error | null) => void,
  ): GrpcCall;
  close(): void;
}

interface GrpcCall {
  on(event: "metadata", listener: (metadata: { get(name: string): readonly unknown[] }) => void): void;
  cancel(): void;
}

const asItIs = (bytes: Buffer): Buffer => bytes;

function load(): Grpc {
  setInEnvironment("GRPC_XDS_BOOTSTRAP", bootstrapFile);
  // 1.14 would connect anew with each update: docs/consumers/grpc.md.
  requirePackage("@grpc/grpc-js/build/src/resolver.js").CHANNEL_ARGS_CONFIG_SELECTOR_KEY =
    "grpc.internal.no_subchannel.config_selector";
  const grpc = requirePackage(packages[0]) as Grpc;
  requirePackage(packages[1]).register();
  return grpc;
}

/** A client of gRPC that follows over xDS, without a proxy. */
export const grpc: CarrierKind = {
  title: "grpc-js",
  port: "grpc",
  check() {
    for (const name of packages) {
      try {
        requirePackage.resolve(name);
      } catch {
        throw new UsageError(`${name} is not installed: npm install ${packages.join(" ")}`);
      }
    }
    // Now, as it takes a second or two in which nothing else goes on.
    load();
  },
  consumer: (port) =>
    xds({
      host: "127.0.0.1",
      port,
      intervalMs: 1_000,
      onError: (error) => {
        throw error;
      },
    }),
  async open({ pool, pods, consumer }) {
    const server = {
      server_uri: `${consumer.host}:${consumer.port}`,
      channel_creds: [{ type: "insecure" }],
      server_features: ["xds_v3"],
    };
    await writeFile(bootstrapFile, JSON.stringify({ xds_servers: [server], node: { id: "demo", locality: {} } }));
    const { Client, Metadata, credentials } = load();
    const [namespace, name] = pool.split("/");
    const client = new Client(`xds:///${name}.${namespace}`, credentials.createInsecure());
    const send: Carrier["send"] = (signal) =>
      new Promise((resolve, reject) => {
        let pod = "";
        const cancel = (): void => call.cancel();
        const call = client.makeUnaryRequest(
          "/grpc.health.v1.Health/Check",
          asItIs,
          asItIs,
          Buffer.alloc(0),
          new Metadata(),
          { deadline: Date.now() + callWithinMs },
          (error) => {
            signal.removeEventListener("abort", cancel);
            if (error) reject(error);
            else resolve(pod);
          },
        );
        call.on("metadata", (headers) => {
          pod = String(headers.get("pod")[0]);
        });
        signal.addEventListener("abort", cancel, { once: true });
      });
    // Until it is connected to all of them, calls go to those that it has.
    const answered = new Set<string>();
    const connecting = AbortSignal.timeout(connectedWithinMs);
    while (answered.size < pods.length && !connecting.aborted) answered.add(await send(connecting).catch(() => ""));
    return {
      send,
      async close() {
        client.close();
        await rm(bootstrapFile, { force: true });
      },
    };
  },
};
