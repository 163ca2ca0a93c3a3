import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { createGrpcPort } from "../../../src/lab/embedded/grpc-port.ts";

test("a pod's port for gRPC answers calls of a real client, each with the pod's name, once they may be", async () => {
  let release = (): void => {};
  const served = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = createGrpcPort({ name: "web-1", serve: () => served }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = new Client(`127.0.0.1:${(server.address() as AddressInfo).port}`, credentials.createInsecure());
  onTestFinished(() => {
    client.close();
    server.close();
  });
  let answered = false;
  const pod = new Promise((resolve, reject) => {
    const asItIs = (bytes: Buffer): Buffer => bytes;
    client
      .makeUnaryRequest("/grpc.health.v1.Health/Check", asItIs, asItIs, Buffer.alloc(0), new Metadata(), (error) => {
        if (error) reject(error);
      })
      .on("metadata", (headers) => {
        answered = true;
        resolve(headers.get("pod")[0]);
      });
  });
  expect(answered).toBe(false);
  release();
  expect(await pod).toBe("web-1");
});
