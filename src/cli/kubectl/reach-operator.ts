import { request } from "undici";
import { ApiError } from "../../kube/api-error.ts";
import { readBounded } from "../../kube/body.ts";
import type { Outcome } from "../../kube/outcome.ts";
import { type KubeObject, pathOf, services } from "../../kube/types.ts";
import { Failure } from "./failure.ts";
import type { Cluster } from "./open-cluster.ts";

interface ServiceObject extends KubeObject {
  readonly spec?: { readonly ports?: readonly { readonly name?: string; readonly port: number }[] };
}

/** An answer of the operator that is no success, with its own words. */
export interface Problem {
  readonly status: number;
  readonly detail: string;
}

export type Reached<T> = { readonly kind: "ok"; readonly document: T } | ({ readonly kind: "problem" } & Problem);

const timeoutMs = 10_000;
const maxBytes = 16 * 1024 * 1024;

/** By its own address. */
export async function askServer<T>(server: string, path: string, signal: AbortSignal): Promise<Reached<T>> {
  const base = URL.parse(server);
  if (base?.protocol !== "http:" && base?.protocol !== "https:")
    throw new Failure(`--server ${server} is no address: write http://HOST:PORT`);
  const url = `${base.origin}${base.pathname.replace(/\/$/, "")}${path}`;
  const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const { statusCode, body } = await request(url, { signal: ending, headers: { accept: "application/json" } });
    const bytes = await readBounded(body, maxBytes);
    const document = JSON.parse(bytes.toString("utf8")) as T & { readonly detail?: string };
    if (statusCode === 200) return { kind: "ok", document };
    return { kind: "problem", status: statusCode, detail: document.detail ?? `it answered ${statusCode}` };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure(
      `the operator at ${base.origin} does not answer as one would (${code ?? message}): check --server`,
    );
  }
}

const operatorLabels = "app.kubernetes.io/name=evenkeel";
/** Where the documentation installs it, for those who may not look at all namespaces. */
const usualNamespace = "evenkeel";

const list = (
  { objects, signal }: Cluster,
  namespace: string | undefined,
): Promise<Outcome<readonly ServiceObject[]>> =>
  objects.list<ServiceObject>(services, namespace, { labelSelector: operatorLabels, signal });

async function findServices(cluster: Cluster, namespace: string | undefined): Promise<readonly ServiceObject[]> {
  const everywhere = await list(cluster, namespace);
  if (everywhere.kind === "ok") return everywhere.object;
  const usual = namespace === undefined ? await list(cluster, usualNamespace) : everywhere;
  if (usual.kind === "ok" && usual.object.length > 0) return usual.object;
  const where = namespace ?? "all namespaces";
  throw new Failure(
    `the operator's Service cannot be looked for in ${where}: name its namespace with --operator-namespace, or its address with --server`,
  );
}

/** `SCHEME:NAME:PORT`, as the API server's proxy wants it. */
function proxyName({ metadata, spec }: ServiceObject): string | undefined {
  const port = spec?.ports?.find(({ name }) => name === "http") ?? spec?.ports?.[0];
  return port && `http:${metadata.name}:${port.name ?? port.port}`;
}

/** Through the API server, by the operator's Service. Of several operators, the first that knows the answer gives it. */
export async function askThroughApiServer<T>(
  cluster: Cluster,
  namespace: string | undefined,
  path: string,
): Promise<Reached<T>> {
  const found = await findServices(cluster, namespace);
  const candidates = found.flatMap((service) => {
    const name = proxyName(service);
    return name === undefined ? [] : [{ namespace: service.metadata.namespace!, name }];
  });
  if (candidates.length === 0)
    throw new Failure(
      `no Service with the label ${operatorLabels} was found: install the operator with its chart, or name its address with --server`,
    );
  let problem: Problem | undefined;
  for (const service of candidates) {
    const target = {
      path: `${pathOf(services, service.namespace, service.name, "proxy")}${path}`,
      resource: "services/proxy",
    };
    try {
      const document = await cluster.transport.request<T>({
        verb: "get",
        target,
        signal: cluster.signal,
        retry: false,
      });
      return { kind: "ok", document };
    } catch (error) {
      problem = toProblem(error, `${service.namespace}/${service.name}`);
    }
  }
  return { kind: "problem", ...problem! };
}

/** What an answer that came through the proxy says of the operator; what says nothing of it is thrown again. */
function toProblem(error: unknown, service: string): Problem {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 403)
    throw new Failure(
      `the operator may not be reached through the API server (${service}): ask for the right to get services/proxy there, or name its address with --server`,
    );
  if (error.status === 503)
    throw new Failure(
      `the operator does not answer behind its Service ${service} (${error.message.slice(0, 200)}): is it running? Or name its address with --server`,
    );
  if (error.status === 0 || error.status === 401) throw error;
  return { status: error.status, detail: error.message };
}
