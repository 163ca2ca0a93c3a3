import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { StatusError } from "../object/status-error.ts";

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

const forbidden = (why: string): StatusError => new StatusError(403, "Forbidden", why);

/**
 * Whether a request may be answered: a check that throws the refusal.
 * @param token what everybody must show; undefined for a server that asks nobody who they are
 */
export function createGate(token: string | undefined): (message: IncomingMessage) => void {
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  return ({ headers: { host = "localhost", origin, authorization = "" } }) => {
    // A page in a browser may reach loopback under a name of its own, and from a site of its own.
    if (!loopback.test(host)) throw forbidden("not a loopback host name");
    if (origin !== undefined && !loopback.test(URL.parse(origin)?.host ?? "")) throw forbidden("a foreign origin");
    if (expected && !timingSafeEqual(digest(authorization), expected))
      throw new StatusError(401, "Unauthorized", "Unauthorized");
  };
}
