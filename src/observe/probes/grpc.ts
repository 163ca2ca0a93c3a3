import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect, isIPv6 } from "node:net";
import type { ProbeFailure } from "../../decide/membership/probe-failure.ts";
import type { Probed } from "../../decide/membership/probing.ts";
import type { Tell } from "../../pods/failed.ts";
import { checkPath, decodeCheck, encodeCheck, type ServingStatus } from "./grpc-health.ts";
import { answered, failed, type Guard, limited, type ProbeOnce } from "./limited.ts";

/** A status takes a few bytes. */
const maxBodyBytes = 1_024;

/** What a server may make us hold. */
const bounds = { maxHeaderListPairs: 64, maxSessionMemory: 1, maxSettings: 16, settings: { enablePush: false } };

/** By code of gRPC (grpc/grpc, doc/statuscodes.md); what is not here is the server's own trouble. */
const failures: Readonly<Record<string, ProbeFailure>> = {
  4: "TimedOut",
  5: "ServiceUnknown",
  12: "NotImplemented",
  14: "NotAccepting",
};

const verdicts: Record<ServingStatus, ProbeFailure | undefined> = {
  Serving: undefined,
  NotServing: "NotServing",
  Unknown: "NotServing",
  ServiceUnknown: "ServiceUnknown",
};

interface Answer {
  /** Of HTTP; absent while there was no header. */
  readonly status: number | undefined;
  /** Of gRPC, from the trailers, or from the headers of an answer that is nothing else. */
  readonly code: string | undefined;
  readonly body: Buffer;
}

function judge({ status, code, body }: Answer, responseMs: number): Probed {
  if (status === undefined) return failed("ConnectionCut");
  if (status !== 200) return failed("StatusNotOk");
  if (code === undefined) return failed("Malformed");
  if (code !== "0") return failed(failures[code] ?? "ServerError");
  const serving = decodeCheck(body);
  if (serving === undefined) return failed("Malformed");
  const failure = verdicts[serving];
  return failure ? failed(failure) : answered(responseMs);
}

interface Hearing {
  readonly settle: (probed: Probed) => void;
  readonly guard: Guard;
  readonly tell: Tell | undefined;
}

/** Makes the one call of a session. */
function call(
  session: ClientHttp2Session,
  { service, timeoutMs }: { readonly service: string; readonly timeoutMs: number },
  { settle, guard, tell }: Hearing,
): void {
  const sentAt = performance.now();
  const stream = session.request({
    ":method": "POST",
    ":path": checkPath,
    "content-type": "application/grpc",
    te: "trailers",
    "user-agent": "evenkeel",
    "grpc-timeout": `${timeoutMs}m`,
  });
  let status: number | undefined;
  let code: string | undefined;
  let body: Buffer = Buffer.alloc(0);
  const hear = (headers: IncomingHttpHeaders & { readonly ":status"?: number }): void => {
    status = headers[":status"];
    code = headers["grpc-status"]?.toString();
  };
  stream.once("response", guard(hear));
  stream.once(
    "trailers",
    guard((trailers: IncomingHttpHeaders) => {
      code ??= trailers["grpc-status"]?.toString();
    }),
  );
  stream.on("data", (chunk: Buffer) => {
    body = Buffer.concat([body, chunk]);
    if (body.length > maxBodyBytes) settle(failed("Malformed"));
  });
  // The close tells.
  stream.on("error", () => {});
  stream.once(
    "close",
    guard(() => {
      if (status !== undefined && status !== 200) tell?.({ kind: "status", status });
      settle(judge({ status, code, body }, performance.now() - sentAt));
    }),
  );
  stream.end(encodeCheck(service));
}

/**
 * Calls Health/Check over a new connection: the time is that of the call alone. The socket is ours, not a library's, so
 * that it is gone after the probe even where the server never spoke.
 */
export const probeGrpc =
  (service: string, timeoutMs: number): ProbeOnce =>
  ({ address, port }, signal, tell) =>
    limited(timeoutMs, signal, (settle, guard) => {
      const socket = connect({ host: address, port, noDelay: true });
      const authority = isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
      const session = connectHttp2(`http://${authority}`, { ...bounds, createConnection: () => socket });
      let stage: "connecting" | "greeting" | "calling" = "connecting";
      socket.once("connect", () => {
        stage = "greeting";
      });
      session.once(
        "remoteSettings",
        guard(() => {
          stage = "calling";
          call(session, { service, timeoutMs }, { settle, guard, tell });
        }),
      );
      const fail = (failure: ProbeFailure) => () => settle(failed(stage === "connecting" ? "ConnectFailed" : failure));
      session.on("error", ({ code }: NodeJS.ErrnoException) =>
        fail(code?.startsWith("ERR_HTTP2") ? "Malformed" : "ConnectionCut")(),
      );
      session.once("close", fail("ConnectionCut"));
      return {
        late: () => (stage === "connecting" ? "ConnectFailed" : "TimedOut"),
        end: () => {
          session.destroy();
          socket.destroy();
        },
      };
    });
