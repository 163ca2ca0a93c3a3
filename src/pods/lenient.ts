import { get as overHttp } from "node:http";
import { get as overHttps } from "node:https";
import { certificateFaultOf } from "./certificate.ts";
import type { Dial } from "./dial.ts";
import type { Exchange } from "./exchange.ts";
import { type Credential, type Greeting, tlsOptions } from "./greeting.ts";

export interface LenientRequest {
  readonly greeting: Greeting;
  readonly credential: Credential | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxHeaderBytes: number;
  readonly onConnect: () => void;
}

/**
 * Reads an answer that is none by the letter of HTTP/1.1: with lines of the head that end in a line feed alone, blanks
 * around the size of a chunk, a length beside chunks. What makes a lenient reader dangerous is that another, behind or
 * before it on the same connection, sees the end of an answer elsewhere. So it has a connection of its own for this one
 * answer, which is closed with it.
 */
export function readLeniently(dial: Dial, request: LenientRequest, exchange: Exchange): void {
  const { greeting, credential, path, headers, maxHeaderBytes: maxHeaderSize, onConnect } = request;
  const isSecure = greeting.scheme === "HTTPS";
  const sent = (isSecure ? overHttps : overHttp)({
    host: dial.address,
    port: dial.port,
    path,
    agent: false,
    insecureHTTPParser: true,
    ...(isSecure && tlsOptions(greeting, credential)),
    maxHeaderSize,
    headers: { ...headers, connection: "close" },
  });
  let isConnected = false;
  exchange.onRequestStart({ abort: (reason) => void sent.destroy(reason) });
  sent.setNoDelay(true);
  sent.once("socket", (socket) => {
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      isConnected = true;
      onConnect();
    });
  });
  const fail = (error: Error): void => {
    if (isConnected || certificateFaultOf(error)) exchange.onResponseError(null, error);
    else exchange.giveUp("ConnectFailed");
  };
  sent.on("error", fail);
  sent.on("information", ({ statusCode }) => exchange.onResponseStart(null, statusCode, {}));
  sent.once("response", (response) => {
    response.on("error", fail);
    response.on("data", (chunk: Buffer) => exchange.onResponseData(null, chunk));
    response.once("end", () => exchange.onResponseEnd());
    exchange.onResponseStart(null, response.statusCode ?? 0, response.headers);
  });
}
