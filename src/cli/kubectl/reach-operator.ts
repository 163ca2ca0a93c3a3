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
  /** Why another operator, which may know better, was not reached. */
  readonly failure?: unknown;
}

/** Makes a document of an answer; undefined when it is none of an operator. */
export type Read<T> = (answer: unknown) => T | undefined;

export type Reached<T> = { readonly kind: "ok"; readonly document: T } | ({ readonly kind: "problem" } & Problem);

const timeoutMs = 10_000;
const maxBytes = 16 * 1024 * 1024;

/** By its own address. */
export async function askServer<T>(
  server: string,
  path: string,
  read: Read<T>,
  signal: AbortSignal,
): Promise<Reached<T>> {
  const base = URL.parse(server);
  if (base?.protocol !== "http:" && base?.protocol !== "https:")
    throw new Failure(`--server ${server} is no address: write http://HOST:PORT`);
  const url = `${base.origin}${base.pathname.replace(/\/$/, "")}${path}`;
  const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const { statusCode, body } = await request(url, { signal: ending, headers: { accept: "application/json" } });
    const bytes = await readBounded(body, maxBytes);
    const answer: unknown = JSON.parse(bytes.toString("utf8"));
    if (statusCode !== 200) {
      const detail = (answer as { readonly detail?: unknown } | null)?.detail;
      return { kind: "problem", status: statusCode, detail: String(detail ?? `it answered ${statusCode}`) };
    }
    const document = read(answer);
    if (document === undefined) throw new Error("what it says is not about this pool");
    return { kind: "ok", document };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure(
      `the operator at ${base.origin} does not answer as one would (${code ?? message}): check --server`,
    );
  }
}

/** Of the Service that answers; the one by which replicas find each other is another component. */
const operatorLabels = "app.kubernetes.io/name=evenkeel,app.kubernetes.io/component=api";
/** Where the documentation installs it: asked first, and alone by those who may not look at all namespaces. */
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

/** `NAMESPACE/SCHEME:NAME:PORT` of each Service that may be the operator's, likeliest first. */
async function findCandidates(cluster: Cluster, namespace: string | undefined) {
  const found = await findServices(cluster, namespace);
  const candidates = found.flatMap((service) => {
    const name = proxyName(service);
    return name === undefined ? [] : [{ namespace: service.metadata.namespace!, name }];
  });
  const isUsual = (candidate: { readonly namespace: string }): number => Number(candidate.namespace === usualNamespace);
  return candidates.sort((a, b) => isUsual(b) - isUsual(a));
}

/**
 * Through the API server, by the operator's Service. Of several, the first that knows the answer gives it; that one cannot
 * be reached says nothing of the others.
 */
export async function askThroughApiServer<T>(
  cluster: Cluster,
  namespace: string | undefined,
  path: string,
  read: Read<T>,
): Promise<Reached<T>> {
  const candidates = await findCandidates(cluster, namespace);
  if (candidates.length === 0)
    throw new Failure(
      `no Service with the labels ${operatorLabels} was found: install the operator with its chart, or name its address with --server`,
    );
  let problem: Problem | undefined;
  let failure: unknown;
  for (const service of candidates) {
    const asked = `${service.namespace}/${service.name}`;
    try {
      const answer = await cluster.transport.request<unknown>({
        verb: "get",
        target: {
          path: `${pathOf(services, service.namespace, service.name, "proxy")}${path}`,
          resource: "services/proxy",
        },
        signal: cluster.signal,
        retry: false,
      });
      const document = read(answer);
      if (document !== undefined) return { kind: "ok", document };
      failure ??= strange(asked);
    } catch (error) {
      cluster.signal.throwIfAborted();
      const { status, message, reason } = toApiError(error);
      const why = whyUnreached(status, reason, message, asked);
      if (why) failure ??= why;
      else problem ??= { status, detail: message };
    }
  }
  if (!problem) throw failure;
  return { kind: "problem", ...problem, ...(failure !== undefined && { failure }) };
}

const strange = (service: string): Failure =>
  new Failure(
    `the Service ${service} does not answer as the operator would: name the operator's namespace with --operator-namespace, or its address with --server`,
  );

/** What says nothing of the Service asked is thrown again: the API server itself is away. */
function toApiError(error: unknown): ApiError {
  const own = new Set(["DeadlineExceeded", "TooLarge", "Unreadable"]);
  if (!(error instanceof ApiError) || (error.status === 0 && !own.has(error.reason))) throw error;
  return error;
}

/** Undefined when the operator was reached: then the answer is its own. */
function whyUnreached(status: number, reason: string, message: string, service: string): Failure | undefined {
  if (status === 403)
    return new Failure(
      `the operator may not be reached through the API server (${service}): ask for the right to get services/proxy there, or name its address with --server`,
    );
  if (status === 503 || reason === "DeadlineExceeded")
    return new Failure(
      `the operator does not answer behind its Service ${service} (${message.slice(0, 200)}): is it running? Or name its address with --server`,
    );
  return status === 0 || status === 401 ? strange(service) : undefined;
}
