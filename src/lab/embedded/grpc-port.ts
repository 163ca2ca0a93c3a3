import { createServer, type Http2Server } from "node:http2";

export interface GrpcPortOptions {
  /** In the header `pod` of each answer. */
  readonly name: string;
  /** Resolves when a call may be answered. */
  readonly serve: () => Promise<void>;
}

/** Of gRPC's health service: serving. In a frame: not compressed, and two bytes long. */
const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** A server that answers every call of gRPC as a health service would that serves. */
export function createGrpcPort({ name, serve }: GrpcPortOptions): Http2Server {
  const server = createServer();
  server.on("session", (session) => session.on("error", () => {}));
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.resume();
    void serve().then(() => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200, "content-type": "application/grpc", pod: name }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(serving);
    });
  });
  return server;
}
