import { BlockList, isIP, isIPv6 } from "node:net";
import { defined } from "../api/defined.ts";

/** What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
export interface ProxySettings {
  readonly httpsProxy?: string | undefined;
  readonly httpProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** A variable that names no proxy. */
export class ProxyError extends Error {}

/** An entry of NO_PROXY. */
interface Exception {
  /** Absent: all. */
  readonly port?: string;
  matches(host: string): boolean;
}

const familyOf = (address: string): "ipv6" | "ipv4" => (isIPv6(address) ? "ipv6" : "ipv4");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function networkOf(entry: string): BlockList | undefined {
  const [address = "", bits, ...more] = entry.split("/");
  if (bits === undefined || more.length > 0 || isIP(address) === 0 || !/^[0-9]{1,3}$/.test(bits)) return undefined;
  if (Number(bits) > (isIPv6(address) ? 128 : 32)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(bits), familyOf(address));
  return network;
}

/** Host and port of an entry; an address of IPv6 may stand in brackets, and has to where a port follows. */
function splitPort(entry: string): { readonly host: string; readonly port?: string } {
  if (isIP(entry) !== 0) return { host: entry };
  const [, host = "", port] = /^(.*?)(?::([0-9]+))?$/.exec(entry)!;
  return { host: host.replace(/^\[(.*)\]$/, "$1"), ...defined({ port }) };
}

function toException(entry: string): Exception | undefined {
  const network = networkOf(entry);
  if (network) return { matches: (host) => isIP(host) !== 0 && network.check(host, familyOf(host)) };
  const { host: given, ...port } = splitPort(entry);
  if (given === "*") return { ...port, matches: () => true };
  if (isIP(given) !== 0) {
    const only = new BlockList();
    only.addAddress(given, familyOf(given));
    return { ...port, matches: (host) => isIP(host) !== 0 && only.check(host, familyOf(host)) };
  }
  const domain = given.replace(/^\*\./, ".").replace(/\.$/, "");
  if (domain === "" || domain === ".") return undefined;
  const suffix = domain.startsWith(".") ? domain : `.${domain}`;
  // As with curl and Go, a name stands for what is below it, too; one that begins with a dot for that alone.
  return {
    ...port,
    matches: (host) => isIP(host) === 0 && (host.endsWith(suffix) || (domain !== suffix && host === domain)),
  };
}

const defaultPorts: Readonly<Record<string, string>> = { "https:": "443", "http:": "80" };

/**
 * The proxy by which a server is reached; undefined for none. As Go has it, and so kubectl: without a fall-back from one
 * scheme to the other, never for loopback, and with addresses, networks, names and ports in NO_PROXY.
 */
export function proxyFor(server: URL, { httpsProxy, httpProxy, noProxy = "" }: ProxySettings): string | undefined {
  const isTls = server.protocol === "https:";
  const proxy = isTls ? httpsProxy : httpProxy;
  if (!proxy) return undefined;
  const host = server.hostname.replace(/^\[|\]$|\.$/g, "").toLowerCase();
  if (host === "localhost" || (isIP(host) !== 0 && loopback.check(host, familyOf(host)))) return undefined;
  const port = server.port || defaultPorts[server.protocol];
  const exceptions = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .flatMap((entry) => toException(entry) ?? []);
  const isExcepted = exceptions.some((entry) => (entry.port ?? port) === port && entry.matches(host));
  return isExcepted ? undefined : parseProxy(proxy, isTls ? "HTTPS_PROXY" : "HTTP_PROXY");
}

/** Without a scheme it is one of plain HTTP, as everywhere. */
function parseProxy(text: string, variable: string): string {
  const url = URL.parse(/^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url?.hostname && ["http:", "https:", "socks5:", "socks5h:"].includes(url.protocol)) {
    return url.href.replace(/^socks5h:/, "socks5:");
  }
  // Not with what it is set to, as that may hold a password.
  throw new ProxyError(
    `${variable} names no proxy: write http://HOST:PORT, with USER:PASSWORD@ before HOST if need be`,
  );
}

/** What may be shown of a proxy: not its password. */
export const shownProxy = (proxy: string): string => {
  const url = URL.parse(proxy);
  return url ? `${url.protocol}//${url.host}` : "its proxy";
};
