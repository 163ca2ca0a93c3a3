import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { decodeCheck, encodeCheck } from "../../../src/observe/probes/grpc-health.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";
import {
  type FakePod,
  makePod,
  nextAddress,
  serveHttp,
  serveHttp2,
  serveTcp,
  until,
  useCleanups,
} from "../sampling/fake-pods.ts";
import { answered, failed, probeOnce, shortMs } from "./probing.ts";

const cleanups = useCleanups();
const { serving } = cleanups;
const grpc = { type: "GRPC" } as const;

type Answer = { readonly bytes: Buffer } | { readonly code: status };
type Check = (service: string, answer: (given: Answer) => void) => void;

/** What protobuf makes of `{service}`: the name behind its tag and its length. */
const nameIn = (request: Buffer): string => request.subarray(request.length > 129 ? 3 : 2).toString();

const servingStatus = (code: number): Answer => ({ bytes: Buffer.from([0x08, code]) });

/** A real gRPC server; without a `check` it has no health service. */
async function serveHealth(check?: Check): Promise<Pick<FakePod, "pod">> {
  const server = new Server();
  const definition = {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  } as const;
  if (check) {
    server.addService(
      { check: definition },
      {
        check: (call: { request: Buffer }, callback: (error: object | null, bytes?: Buffer) => void) =>
          check(nameIn(call.request), (given) =>
            "code" in given ? callback({ code: given.code, details: "CANARY" }) : callback(null, given.bytes),
          ),
      },
    );
  }
  const address = nextAddress();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${address}:0`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  cleanups.add(() => server.forceShutdown());
  return { pod: makePod({ addresses: [address], ports: [{ port }] }) };
}

describe("a gRPC server", () => {
  test("that serves answers; its name is asked for as given, or the server as a whole", async () => {
    const asked: string[] = [];
    const pod = await serveHealth((service, answer) => {
      asked.push(service);
      setTimeout(() => answer(servingStatus(1)), 60);
    });
    const probed = await probeOnce(pod, grpc);
    expect(probed).toEqual(answered);
    expect(probed.kind === "answered" && probed.responseMs).toBeGreaterThanOrEqual(50);
    const long = `shop.v1.${"a".repeat(190)}`;
    for (const service of ["shop.v1.Cart", long]) expect(await probeOnce(pod, { ...grpc, service })).toEqual(answered);
    expect(asked).toEqual(["", "shop.v1.Cart", long]);
  });

  test.each<[what: string, given: Answer, failure: string]>([
    ["says UNKNOWN", servingStatus(0), "NotServing"],
    ["says UNKNOWN in the short form", { bytes: Buffer.alloc(0) }, "NotServing"],
    ["says NOT_SERVING", servingStatus(2), "NotServing"],
    ["says SERVICE_UNKNOWN", servingStatus(3), "ServiceUnknown"],
    ["says a status that there is not", servingStatus(4), "Malformed"],
    ["says no status", { bytes: Buffer.from("CANARY") }, "Malformed"],
    ["says more than a status", { bytes: Buffer.alloc(4_096, 1) }, "Malformed"],
    ["fails with NOT_FOUND", { code: status.NOT_FOUND }, "ServiceUnknown"],
    ["fails with UNIMPLEMENTED", { code: status.UNIMPLEMENTED }, "NotImplemented"],
    ["fails with INTERNAL", { code: status.INTERNAL }, "ServerError"],
    ["fails with PERMISSION_DENIED", { code: status.PERMISSION_DENIED }, "ServerError"],
    ["fails with UNAVAILABLE", { code: status.UNAVAILABLE }, "NotAccepting"],
  ])("that %s has failed", async (_, given, failure) => {
    const pod = await serveHealth((_service, answer) => answer(given));
    expect(await probeOnce(pod, grpc)).toEqual(failed(failure));
  });

  test("without the health service has not implemented it", async () =>
    expect(await probeOnce(await serveHealth(), grpc)).toEqual(failed("NotImplemented")));

  test("that never answers the call fails when the time is up", async () => {
    const pod = await serveHealth(() => {});
    expect(await probeOnce(pod, grpc, { timeoutMs: shortMs })).toEqual(failed("TimedOut"));
  });
});

describe("what is no gRPC server", () => {
  test("a port where nobody listens is found at once", async () => {
    const pod = await serving(serveTcp((socket) => void socket.resume()));
    await pod.close();
    const startedAt = performance.now();
    expect(await probeOnce(pod, grpc)).toEqual(failed("ConnectFailed"));
    expect(performance.now() - startedAt).toBeLessThan(patienceMs);
  });

  test("an HTTP/1.1 server, garbage, a flood, silence and a plain HTTP/2 server have failed, and nothing stays open", async () => {
    const block = Buffer.alloc(65_536, "CANARY");
    const pods = await Promise.all([
      serving(serveHttp((_, response) => response.end("CANARY"))),
      serving(serveTcp((socket) => void socket.resume().end("CANARY\r\n".repeat(9)))),
      serving(
        serveTcp((socket) => {
          const pump = () => {
            while (!socket.destroyed && socket.write(block));
          };
          socket.on("drain", pump).resume();
          pump();
        }),
      ),
      serving(serveHttp2((_, response) => response.writeHead(404).end("CANARY"))),
      serving(serveHttp2((_, response) => response.end("CANARY"))),
      serving(serveHttp2((request) => request.stream.session?.destroy())),
    ]);
    const silent = await serving(serveTcp((socket) => void socket.resume()));
    expect(await Promise.all(pods.map((pod) => probeOnce(pod, grpc)))).toEqual(
      ["Malformed", "Malformed", "Malformed", "StatusNotOk", "Malformed", "ConnectionCut"].map(failed),
    );
    expect(await probeOnce(silent, grpc, { timeoutMs: shortMs })).toEqual(failed("TimedOut"));
    await until(() => [...pods, silent].every((pod) => pod.open() === 0), "the connections' end");
  });
});

test("a call is that of grpc.health.v1, behind a flag and a length", () => {
  expect(encodeCheck("")).toEqual(Buffer.from([0, 0, 0, 0, 0]));
  expect(encodeCheck("ab")).toEqual(Buffer.from([0, 0, 0, 0, 4, 0x0a, 2, 0x61, 0x62]));
  expect(encodeCheck("a".repeat(200)).subarray(0, 8)).toEqual(Buffer.from([0, 0, 0, 0, 203, 0x0a, 0xc8, 0x01]));
  expect(decodeCheck(Buffer.from([0, 0, 0, 0, 2, 0x08, 1]))).toBe("Serving");
  expect(decodeCheck(Buffer.from([1, 0, 0, 0, 2, 0x08, 1]))).toBeUndefined();
  expect(decodeCheck(Buffer.from([0, 0, 0, 0, 3, 0x08, 1]))).toBeUndefined();
});
