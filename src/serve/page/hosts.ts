import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Answer, answerProblem } from "../http/answer.ts";

/** By which a browser asked; undefined where nobody said, as browsers always do. */
function askedHost({ url = "", headers }: IncomingMessage): string | undefined {
  // A whole URL goes before the header (RFC 9112, 3.2.2).
  const asked = url.startsWith("/") ? headers.host && URL.parse(`http://${headers.host}`) : URL.parse(url);
  if (asked === undefined || asked === "") return undefined;
  return (asked?.hostname ?? headers.host ?? "").replace(/^\[|\]$|\.$/g, "");
}

const isLoopbackName = (host: string): boolean => host === "localhost" || host.endsWith(".localhost");

/**
 * Refuses who asks for a name that is none of ours. A site of somebody else's can have its own name lead to an address
 * inside (DNS rebinding), and its scripts then read what is there as if it were theirs; only the name tells. An address
 * cannot be had that way, nor can localhost.
 */
export function createHostCheck(names: readonly string[]): (message: IncomingMessage) => Answer | undefined {
  const known = new Set(names.map((name) => name.toLowerCase().replace(/\.$/, "")));
  return (message) => {
    const host = askedHost(message);
    if (host === undefined || isIP(host) !== 0 || isLoopbackName(host) || known.has(host)) return undefined;
    const detail = `The page does not go by the name ${host.slice(0, 253)}: ask for it by an IP address or as localhost, or add the name (flag --page-hosts, EVENKEEL_PAGE_HOSTS, the chart's page.hosts).`;
    return answerProblem(421, "HostRefused", detail, URL.parse(message.url ?? "", "http://page")?.pathname ?? "/");
  };
}
