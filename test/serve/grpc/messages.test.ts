import { expect, test } from "vitest";
import { codecOf, packerOf, typeUrlOf } from "../../../src/serve/grpc/messages.ts";

test("a message comes back from its bytes, with the defaults of what was left out", () => {
  const { encode, decode } = codecOf("envoy.config.endpoint.v3.LbEndpoint");
  const bytes = encode({
    endpoint: { address: { socketAddress: { address: "10.0.0.1", portValue: 80 } } },
    healthStatus: "DRAINING",
  });
  expect(decode(bytes)).toEqual({
    hostIdentifier: "endpoint",
    endpoint: {
      hostname: "",
      address: {
        address: "socketAddress",
        socketAddress: { address: "10.0.0.1", portSpecifier: "portValue", portValue: 80 },
      },
    },
    healthStatus: "DRAINING",
    metadata: null,
    loadBalancingWeight: null,
  });
});

test("what others know and nobody here reads is passed over", () => {
  // Field 100, of bytes.
  const bytes = Buffer.concat([
    Buffer.from([0xa2, 0x06, 1, 0]),
    codecOf("google.rpc.Status").encode({ message: "no" }),
  ]);
  expect(codecOf("google.rpc.Status").decode(bytes)).toEqual({ code: 0, message: "no" });
});

test("bytes that are no message are refused", () => {
  expect(() => codecOf("google.rpc.Status").decode(Buffer.from([0x0a, 5, 1]))).toThrow(/index out of range/);
});

test("a message inside of another tells its type", () => {
  const name = "envoy.config.endpoint.v3.ClusterLoadAssignment";
  const { typeUrl, value } = packerOf(name)({ clusterName: "a/b" });
  expect(typeUrl).toBe(typeUrlOf(name));
  expect(codecOf(name).decode(value)).toEqual({ clusterName: "a/b", endpoints: [] });
});

test("the protocol of full-duplex streaming is there, which is newer than the packages' files", () => {
  const { encode, decode } = codecOf("envoy.service.ext_proc.v3.BodyMutation");
  const streamedResponse = { body: Buffer.from("a"), endOfStream: true };
  // Field 3, of fields 1 (bytes) and 2 (bool).
  expect(encode({ streamedResponse })).toEqual(Buffer.from([0x1a, 5, 0x0a, 1, 0x61, 0x10, 1]));
  expect(decode(encode({ streamedResponse }))).toEqual({ mutation: "streamedResponse", streamedResponse });
});
