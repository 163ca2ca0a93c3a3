import type { RequestOptions } from "node:https";
import { isDeepStrictEqual } from "node:util";
import { type ProxySettings, proxyFor } from "./proxy.ts";

/** Everything that decides whether two TLS connections are interchangeable. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** The same object as long as the material is the same, so that its identity tells when to reconnect. */
  readonly tls: TlsMaterial;
}

/** Where the API server is, and who we are there. */
export interface Connection {
  readonly server: URL;
  /** Address of the proxy by which the server is reached; may hold a password. */
  readonly proxy?: string;
  /** The namespace of the context or of our own pod. */
  readonly namespace?: string;
  /** The current credentials; `rejected` are those that the server just refused and are replaced first. */
  credentials(rejected?: Credentials): Promise<Credentials>;
}

export interface ConnectionOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Instead of the kubeconfig's, which need not be there then. */
  readonly server?: URL | undefined;
  /** Of the environment. A kubeconfig that names a proxy goes before it. Absent: none. */
  readonly proxies?: ProxySettings | undefined;
  readonly now?: () => number;
}

/** An API server on plain HTTP that asks for no credentials. */
export function plainConnection(url: string): Connection {
  const credentials: Credentials = { headers: {}, tls: {} };
  return { server: new URL(url), credentials: () => Promise.resolve(credentials) };
}

/** An API server on TLS that knows us by a token. */
export function tokenConnection(url: string, { ca, token }: { ca: string; token: string }): Connection {
  const credentials: Credentials = { headers: { authorization: `Bearer ${token}` }, tls: { ca } };
  return { server: new URL(url), credentials: () => Promise.resolve(credentials) };
}

// Kubelet renews a token file when 80 % of its life is over, so half a minute is soon enough.
const rereadAfterMs = 30_000;
// A server that refuses every token must not make us start a credential plugin for each call.
const reloadAtMostEveryMs = 1_000;

/**
 * Takes the kubeconfig named, else what `KUBECONFIG` or the home directory hold, else the pod's service account.
 * Credentials are never sent to a server on plain HTTP.
 */
export async function loadConnection(options: ConnectionOptions = {}): Promise<Connection> {
  const now = options.now ?? (() => performance.now());
  let source = await loadSource(options);
  const { server, namespace } = source;
  const proxy = source.proxy ?? (options.proxies && proxyFor(server, options.proxies));
  const found = { server, ...(proxy && { proxy }), ...(namespace && { namespace }) };
  if (server.protocol === "http:") return { ...plainConnection(server.href), ...found };

  let current: Credentials | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reloadedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<Credentials> | undefined;

  const read = async (reload: boolean): Promise<Credentials> => {
    if (reload) {
      reloadedAt = now();
      source = await loadSource(options);
    }
    const next = await source.credentials().catch((error: unknown) => {
      // Half-written files are common during a rotation; what was good stays in use until the server refuses it.
      if (current && !reload) return current;
      throw error;
    });
    const tls = current && isDeepStrictEqual(current.tls, next.tls) ? current.tls : next.tls;
    // Who was refused with the same credentials under another object would otherwise take them for new ones.
    if (tls !== current?.tls || !isDeepStrictEqual(current.headers, next.headers))
      current = { headers: next.headers, tls };
    readAt = now();
    return current;
  };

  return {
    ...found,
    async credentials(rejected) {
      if (pending && rejected === current) return pending;
      const refused = rejected !== undefined && rejected === current && now() - reloadedAt >= reloadAtMostEveryMs;
      if (current && !refused && now() - readAt < rereadAfterMs) return current;
      pending ??= read(refused).finally(() => {
        pending = undefined;
      });
      return pending;
    },
  };
}

interface Source {
  readonly server: URL;
  readonly proxy: string | undefined;
  readonly namespace: string | undefined;
  credentials(): Promise<Credentials>;
}

/** Imported when needed and by its file: the package's index costs 60 MB, and the demo needs none of it. */
async function readKubeconfig(kubeconfig: string | undefined) {
  const { KubeConfig, bufferFromFileOrString } = await import("@kubernetes/client-node/dist/config.js");
  const config = new KubeConfig();
  if (kubeconfig) config.loadFromFile(kubeconfig);
  else config.loadFromDefault();
  return { config, bufferFromFileOrString };
}

/** Names of the contexts that may be chosen. */
export async function contextsOf({ kubeconfig }: Pick<ConnectionOptions, "kubeconfig">): Promise<string[]> {
  const { config } = await readKubeconfig(kubeconfig);
  return config.getContexts().map(({ name }) => name);
}

async function loadSource({ kubeconfig, context, server: given }: ConnectionOptions): Promise<Source> {
  const { config, bufferFromFileOrString } = await readKubeconfig(kubeconfig);
  if (context) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`the kubeconfig has no context named ${JSON.stringify(config.getCurrentContext())}`);
  if (!given && !kubeconfig && cluster.name === "cluster" && cluster.server === "http://localhost:8080") {
    throw new Error(
      "found no kubeconfig, and this is not a pod with a service account: name one with --kubeconfig or KUBECONFIG",
    );
  }

  const authorized = async (): Promise<Credentials> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    // The library leaves the cluster's side out when the context names no user.
    const ca = options.ca ?? bufferFromFileOrString(cluster.caFile, cluster.caData) ?? undefined;
    const servername = options.servername ?? cluster.tlsServerName;
    return {
      headers: headersOf(options),
      tls: {
        ...(ca && { ca: ca as string | Buffer }),
        ...(options.cert && { cert: options.cert as string | Buffer }),
        ...(options.key && { key: options.key as string | Buffer }),
        ...(servername && { servername }),
        ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
      },
    };
  };

  return {
    server: given ?? new URL(cluster.server),
    proxy: cluster.proxyUrl,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    credentials: authorized,
  };
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token read from a file often ends in a line break, which no header may hold.
    headers[name.toLowerCase()] = String(value).trim();
  }
  return headers;
}
