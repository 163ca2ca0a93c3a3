import { type IncomingMessage, get as overHttp } from "node:http";
import { get as overHttps } from "node:https";
import type { Socket } from "node:net";
import type { ProbeFailure } from "../../decide/membership/probe-failure.ts";
import { certificateFaultOf } from "../../pods/certificate.ts";
import { type Greeting, greetingHeaders, tlsOptions } from "../../pods/greeting.ts";
import { answered, failed, limited, type ProbeOnce } from "./limited.ts";

/** More of an answer is not waited for: that it comes is answer enough. */
const maxBodyBytes = 65_536;
const maxHeaderBytes = 16_384;

function refusalOf({ statusCode = 0 }: IncomingMessage): ProbeFailure | undefined {
  if (statusCode >= 300 && statusCode < 400) return "Redirected";
  return statusCode >= 200 && statusCode < 300 ? undefined : "StatusNotOk";
}

/** Gets a path over a new connection: the time is from the request to the end of the answer. */
export const probeHttp =
  ({ path, ...greeting }: Greeting & { readonly path: string }, timeoutMs: number): ProbeOnce =>
  ({ address, port }, signal, tell, credential) =>
    limited(timeoutMs, signal, (settle, guard) => {
      let sentAt: number | undefined;
      const succeed = (): void => settle(answered(performance.now() - sentAt!));
      const isSecure = greeting.scheme === "HTTPS";
      const request = (isSecure ? overHttps : overHttp)({
        host: address,
        port,
        path,
        agent: false,
        // The one answer on a connection of its own may be odd by the letter of HTTP: there is nothing behind it.
        insecureHTTPParser: true,
        ...(isSecure && tlsOptions(greeting, credential)),
        maxHeaderSize: maxHeaderBytes,
        headers: {
          ...{ accept: "*/*", "user-agent": "evenkeel", connection: "close" },
          ...greetingHeaders(greeting, credential),
        },
      });
      request.setNoDelay(true);
      request.once("socket", (socket: Socket) => {
        socket.once(isSecure ? "secureConnect" : "connect", () => {
          sentAt = performance.now();
        });
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        const fault = certificateFaultOf(error);
        if (fault) {
          tell?.({ kind: "certificate", fault });
          settle(failed("CertificateRefused"));
        } else if (sentAt === undefined) settle(failed("ConnectFailed"));
        else settle(failed(error.code?.startsWith("HPE_") ? "Malformed" : "ConnectionCut"));
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
