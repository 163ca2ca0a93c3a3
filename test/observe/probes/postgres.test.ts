import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { serveHttp, serveTcp, until, useCleanups } from "../sampling/fake-pods.ts";
import { answered, failed, probeOnce, shortMs } from "./probing.ts";

const { serving } = useCleanups();
const postgres = { type: "Postgres" } as const;

const message = (type: string, body: Buffer | string): Buffer => {
  const bytes = Buffer.from(body);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length + 4);
  return Buffer.concat([Buffer.from(type), length, bytes]);
};
const authentication = (code: number) => message("R", Buffer.from([0, 0, 0, code]));
const error = (state: string) => message("E", `SFATAL\0VFATAL\0C${state}\0MCANARY\0\0`);
const ready = message("Z", "I");
const greeting = Buffer.concat([
  authentication(0),
  message("S", "server_version\x0017.2\0"),
  message("K", Buffer.alloc(8)),
  message("N", "SNOTICE\0MCANARY\0\0"),
  ready,
]);
const row = Buffer.concat([message("T", "\0\x01"), message("D", "\0\x01"), message("C", "SELECT 1\0"), ready]);

/** A server that says one thing to the first message, and another to each that follows. */
const speaking = (first: Buffer, next: Buffer = Buffer.alloc(0), onMessage: (bytes: Buffer) => void = () => {}) =>
  serving(
    serveTcp((socket: Socket) => {
      let isFirst = true;
      socket.on("data", (bytes) => {
        onMessage(bytes);
        socket.write(isFirst ? first : next);
        isFirst = false;
      });
    }),
  );

describe("a server that lets us in", () => {
  test("is asked for a row, and told goodbye", async () => {
    const heard: string[] = [];
    const pod = await speaking(greeting, row, (bytes) => heard.push(bytes.toString("latin1")));
    expect(await probeOnce(pod, { ...postgres, user: "app", database: "shop" })).toEqual(answered);
    await until(() => heard.length === 3 && pod.open() === 0, "the goodbye");
    expect(heard).toEqual([
      "\0\0\0\x3a\0\x03\0\0user\0app\0database\0shop\0application_name\0evenkeel\0\0",
      "Q\0\0\0\x0dSELECT 1\0",
      "X\0\0\0\x04",
    ]);
  });

  const told = (...parameters: readonly [name: string, value: string][]) =>
    Buffer.concat([
      authentication(0),
      ...parameters.map(([name, value]) => message("S", `${name}\0${value}\0`)),
      message("K", Buffer.alloc(8)),
      ready,
    ]);

  test.each<[what: string, greeting: Buffer, takesWrites: boolean | undefined]>([
    ["a standby", told(["in_hot_standby", "on"], ["server_version", "17.2"]), false],
    ["a primary", told(["server_version", "17.2"], ["in_hot_standby", "off"]), true],
    ["of a version that does not tell", told(["server_version", "13.9"]), undefined],
    ["of a mind of its own", told(["in_hot_standby", "perhaps"]), undefined],
    // Somebody may have set it of this very role.
    ["a primary whose role only reads", told(["in_hot_standby", "off"], ["default_transaction_read_only", "on"]), true],
  ])("and is %s says so", async (_, first, takesWrites) =>
    expect(await probeOnce(await speaking(first, row), postgres)).toEqual({
      ...answered,
      ...(takesWrites !== undefined && { takesWrites }),
    }),
  );

  test("is timed by the row, not by the greeting, however its bytes come", async () => {
    const pod = await serving(
      serveTcp((socket) => {
        const drip = async (bytes: Buffer, waitMs: number) => {
          await new Promise((resolve) => setTimeout(resolve, waitMs));
          for (const byte of bytes) socket.write(Buffer.from([byte]));
        };
        socket.once("data", () => {
          socket.once("data", () => void drip(row, 60));
          void drip(greeting, 300);
        });
      }),
    );
    const startedAt = performance.now();
    const probed = await probeOnce(pod, postgres);
    const allMs = performance.now() - startedAt;
    expect(probed).toEqual(answered);
    expect(probed.kind === "answered" && probed.responseMs).toBeGreaterThanOrEqual(50);
    expect(probed.kind === "answered" && probed.responseMs).toBeLessThan(allMs - 290);
  });

  test.each<[what: string, next: Buffer, failure: string]>([
    ["fails the query", Buffer.concat([error("XX000"), ready]), "ServerError"],
    ["has no row", Buffer.concat([message("I", ""), ready]), "Malformed"],
    ["is shut down meanwhile", error("57P01"), "NotAccepting"],
  ])("and %s has failed", async (_, next, failure) =>
    expect(await probeOnce(await speaking(greeting, next), postgres)).toEqual(failed(failure)),
  );
});

describe("a server that does not let us in", () => {
  test.each([
    ["a password in clear text", 3],
    ["a password by MD5", 5],
    ["a password by SCRAM", 10],
    ["a Kerberos ticket", 7],
  ])("and asks for %s has answered", async (_, code) =>
    expect(await probeOnce(await speaking(authentication(code)), postgres)).toEqual(answered),
  );

  test.each([
    ["28000", "knows no such role"],
    ["28P01", "wants another password"],
    ["3D000", "knows no such database"],
  ])("as %s, for it %s, has answered", async (state) =>
    expect(await probeOnce(await speaking(error(state)), postgres)).toEqual(answered),
  );

  test.each([
    ["57P03", "starts or ends", "NotAccepting"],
    ["53300", "has no connection left", "NotAccepting"],
    ["58000", "has trouble of its own", "ServerError"],
    ["not a state", "says no state", "Malformed"],
  ])("as %s, for it %s, has failed", async (state, _, failure) =>
    expect(await probeOnce(await speaking(error(state)), postgres)).toEqual(failed(failure)),
  );

  test("and where nobody listens there is no answer", async () => {
    const pod = await speaking(greeting);
    await pod.close();
    expect(await probeOnce(pod, postgres)).toEqual(failed("ConnectFailed"));
  });
});

describe("a hostile server", () => {
  test.each<[what: string, first: Buffer, failure: string]>([
    ["answers HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\nCANARY"), "Malformed"],
    ["sends garbage", Buffer.from([0, 1, 2, 3, 4, 5]), "Malformed"],
    ["announces a message of 2 GiB", Buffer.from([0x53, 0x7f, 0xff, 0xff, 0xff]), "Malformed"],
    ["announces a message of less than nothing", Buffer.from([0x53, 0xff, 0xff, 0xff, 0xff]), "Malformed"],
    ["asks without saying for what", message("R", ""), "Malformed"],
    ["is ready before it has let us in", ready, "Malformed"],
    [
      "greets without end",
      Buffer.concat(Array.from({ length: 20_000 }, () => message("S", "a\0b\0\0\0\0\0"))),
      "Malformed",
    ],
    ["stops in the middle", greeting.subarray(0, 12), "TimedOut"],
  ])("that %s", async (_, first, failure) => {
    const pod = await speaking(first);
    const times = failure === "TimedOut" ? { timeoutMs: shortMs } : {};
    expect(await probeOnce(pod, postgres, times)).toEqual(failed(failure));
    await until(() => pod.open() === 0, "the connection's end");
  });

  test("that hangs up, or never speaks, or speaks HTTP, has failed in time", async () => {
    const hangingUp = await serving(serveTcp((socket) => socket.destroy()));
    const silent = await serving(serveTcp((socket) => void socket.resume()));
    const web = await serving(serveHttp((_, response) => response.end()));
    const probed = await Promise.all([
      probeOnce(hangingUp, postgres),
      probeOnce(silent, postgres, { timeoutMs: shortMs }),
      probeOnce(web, postgres),
    ]);
    expect(probed).toEqual([failed("ConnectionCut"), failed("TimedOut"), failed("Malformed")]);
  });
});
