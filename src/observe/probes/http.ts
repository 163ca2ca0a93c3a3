import { type IncomingMessage, get as overHttp } from "node:http";
import { get as overHttps } from "node:https";
import type { Socket } from "node:net";
import type { Scheme } from "../../api/dial.ts";
import type { ProbeFailure } from "../../decide/world.ts";
import { answered, failed, limited, type ProbeOnce } from "./limited.ts";

/** More of an answer is not waited for: that it comes is answer enough. */
const maxBodyBytes = 65_536;
const maxHeaderBytes = 16_384;

function refusalOf({ statusCode = 0 }: IncomingMessage): ProbeFailure | undefined {
  if (statusCode >= 300 && statusCode < 400) return "Redirected";
  return statusCode >= 200 && statusCode < 300 ? undefined : "StatusNotOk";
}

/**
 * Gets a path over a new connection: the time is from the request to the end of the answer. As with the kubelet, a
 * certificate is as good as any other: nothing but time and status is taken from the answer.
 */
export const probeHttp =
  ({ scheme, path }: { readonly scheme: Scheme; readonly path: string }, timeoutMs: number): ProbeOnce =>
  ({ address, port }, signal, tell) =>
    limited(timeoutMs, signal, (settle, guard) => {
      let sentAt: number | undefined;
      const succeed = (): void => settle(answered(performance.now() - sentAt!));
      const isSecure = scheme === "HTTPS";
      const request = (isSecure ? overHttps : overHttp)({
        host: address,
        port,
        path,
        agent: false,
        // The one answer on a connection of its own may be odd by the letter of HTTP: there is nothing behind it.
        insecureHTTPParser: true,
        rejectUnauthorized: false,
        maxHeaderSize: maxHeaderBytes,
        headers: { accept: "*/*", "user-agent": "evenkeel", connection: "close" },
      });
      request.setNoDelay(true);
      request.once("socket", (socket: Socket) => {
        socket.once(isSecure ? "secureConnect" : "connect", () => {
          sentAt = performance.now();
        });
      });
      request.on("error", ({ code }: NodeJS.ErrnoException) => {
        if (sentAt === undefined) settle(failed("ConnectFailed"));
        else settle(failed(code?.startsWith("HPE_") ? "Malformed" : "ConnectionCut"));
      });
      const hear = (response: IncomingMessage): void => {
        const refusal = refusalOf(response);
        if (refusal) {
          tell?.({ kind: "status", status: response.statusCode ?? 0 });
          settle(failed(refusal));
          return;
        }
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBodyBytes) succeed();
        });
        response.once("end", succeed);
        response.once("error", () => settle(failed("ConnectionCut")));
      };
      request.once("response", guard(hear));
      return {
        late: () => (sentAt === undefined ? "ConnectFailed" : "TimedOut"),
        end: () => request.destroy(),
      };
    });
