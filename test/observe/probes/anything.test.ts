import fc from "fast-check";
import { expect, test } from "vitest";
import { serveTcp, useCleanups } from "../sampling/fake-pods.ts";
import { answered, probeOnce, shortMs } from "./probing.ts";

const { serving } = useCleanups();

const bytes = fc.uint8Array({ maxLength: 60 }).map((given) => Buffer.from(given));
const text = (...parts: readonly string[]) => fc.constantFrom(...parts.map((part) => Buffer.from(part, "latin1")));
const postgres = fc
  .tuple(fc.constantFrom(..."RSKNvZTDCEI1"), bytes, fc.integer({ min: -3, max: 3 }))
  .map(([type, body, off]) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(Math.max(-1, body.length + 4 + off));
    return Buffer.concat([Buffer.from(type), length, body]);
  });
const http2 = fc.tuple(fc.nat(9), fc.nat(255), fc.nat(3), bytes).map(([type, flags, stream, body]) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
});
const http = text(
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 200 OK\n",
  "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
  "content-length: 3\r\n",
  "transfer-encoding: chunked\r\n",
  "\r\n",
  "\n",
  "3\r\nabc\r\n0\r\n\r\n",
  "abc",
  "\0",
);

/** What a server says to whoever says something, in pieces. */
const speech = fc.array(fc.oneof(bytes, postgres, http2, http), { maxLength: 6 });

test.each([["Postgres"], ["HTTP"], ["GRPC"], ["TCP"]] as const)("a %s probe bears whatever it hears", async (type) => {
  let said: readonly Buffer[] = [];
  const pod = await serving(
    serveTcp((socket) => {
      socket.on("data", () => {
        for (const part of said) socket.write(part);
        socket.end();
      });
    }),
  );
  await fc.assert(
    fc.asyncProperty(speech, async (parts) => {
      said = parts;
      expect(["answered", "failed"]).toContain((await probeOnce(pod, { type }, { timeoutMs: shortMs })).kind);
    }),
    { numRuns: 250 },
  );
});

test.each([
  ["each line of its head", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
  ["some of them", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\nok"],
])("a pod that ends %s in a line feed alone answers its HTTP probe", async (_, answer) => {
  const pod = await serving(serveTcp((socket) => void socket.once("data", () => socket.write(answer))));
  expect(await probeOnce(pod, { type: "HTTP" })).toEqual(answered);
});
