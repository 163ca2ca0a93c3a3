import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";
import { defined } from "../../../api/defined.ts";
import { ApiError } from "../../../kube/api-error.ts";
import { readBounded } from "../../../kube/body.ts";
import { pathOf, services } from "../../../kube/types.ts";
import { Failure } from "../failure.ts";
import type { ServerFlags } from "../flags.ts";
import { askForRole, findOperators, type OperatorService, type Whereabouts } from "./find-operator.ts";
import type { OpenCluster } from "./open-cluster.ts";

/** An answer of the operator that is no success, with its own words. */
export interface OperatorProblem {
  readonly status: number;
  readonly detail: string;
  /** Why another operator, which may know better, was not reached. */
  readonly failure?: unknown;
}

/** Makes a document of an answer; undefined when it is none of an operator. */
export type Read<T> = (answer: unknown) => T | undefined;

export type Reached<T> =
  | { readonly kind: "ok"; readonly document: T }
  | ({ readonly kind: "problem" } & OperatorProblem);

const timeoutMs = 10_000;
const maxBytes = 16 * 1024 * 1024;

/** What lies in the file of a flag; undefined without the flag. */
async function readGiven(
  flags: ServerFlags,
  flag: "operator-ca-file" | "operator-token-file",
): Promise<string | undefined> {
  const file = flags[flag];
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Failure(`--${flag}: ${(error as Error).message}`);
  }
}

/** By its own address. */
export async function askServer<T>(
  flags: ServerFlags & { readonly "operator-url": string },
  path: string,
  read: Read<T>,
  signal: AbortSignal,
): Promise<Reached<T>> {
  const { "operator-url": server, "operator-tls-name": servername } = flags;
  const base = URL.parse(server);
  if (base?.protocol !== "http:" && base?.protocol !== "https:")
    throw new Failure(`--operator-url ${server} is no address: write http://HOST:PORT`);
  const url = `${base.origin}${base.pathname.replace(/\/$/, "")}${path}`;
  const [ca, token] = [await readGiven(flags, "operator-ca-file"), await readGiven(flags, "operator-token-file")];
  if (token !== undefined && base.protocol === "http:")
    throw new Failure(`--operator-url ${server} would carry the token in plain text: write https://HOST:PORT`);
  const connect = defined({ ca, servername });
  const dispatcher = new Agent({ connect });
  const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      signal: ending,
      headers: {
        accept: "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token.trim()}` }),
      },
    });
    const bytes = await readBounded(body, maxBytes);
    const answer = toJson(bytes.toString("utf8"));
    if (statusCode !== 200) {
      const detail = (answer as { readonly detail?: unknown } | null)?.detail;
      return { kind: "problem", status: statusCode, detail: String(detail ?? `it answered ${statusCode}`) };
    }
    const document = read(answer);
    if (document === undefined) throw new Error("its answer is none of an operator");
    return { kind: "ok", document };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure(
      code === undefined
        ? `${base.origin} does not answer as the operator would (${message}): check --operator-url`
        : `the operator at ${base.origin} cannot be reached (${code}): check --operator-url${/CERT|SIGN|ALTNAME/.test(code) ? ", --operator-ca-file and --operator-tls-name" : ""}`,
    );
  } finally {
    await dispatcher.destroy();
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("its answer is no JSON");
  }
}

/**
 * Through the API server, by the operator's Service. Of several, the first that knows the answer gives it; that one cannot
 * be reached says nothing of the others.
 */
export async function askThroughApiServer<T>(
  cluster: OpenCluster,
  whereabouts: Whereabouts,
  path: string,
  read: Read<T>,
): Promise<Reached<T>> {
  let problem: OperatorProblem | undefined;
  let failure: unknown;
  for (const service of await findOperators(cluster, whereabouts)) {
    try {
      const answer = await cluster.transport.request<unknown>({
        verb: "get",
        target: {
          path: `${pathOf(services, service.namespace, service.proxyName, "proxy")}${path}`,
          resource: "services/proxy",
        },
        signal: cluster.signal,
        retry: false,
      });
      const document = read(answer);
      if (document !== undefined) return { kind: "ok", document };
      failure ??= strange(service);
    } catch (error) {
      cluster.signal.throwIfAborted();
      const { status, message, reason } = toApiError(error);
      const why = whyUnreached(status, reason, message, service);
      if (why) failure ??= why;
      else problem ??= { status, detail: message };
    }
  }
  if (!problem) throw failure;
  return { kind: "problem", ...problem, ...defined({ failure }) };
}

const asked = ({ namespace, proxyName }: OperatorService): string => `${namespace}/${proxyName}`;

const strange = (service: OperatorService): Failure =>
  new Failure(
    `the Service ${asked(service)} does not answer as the operator would: name the operator's namespace with --operator-namespace, or its address with --operator-url`,
  );

const asksWho = (service: OperatorService): Failure =>
  new Failure(
    `the operator behind ${asked(service)} asks who you are, and the API server passes no token on: reach its port, as by kubectl port-forward, and name it with --operator-url, --operator-ca-file, --operator-tls-name and --operator-token-file`,
  );

/** What says nothing of the Service asked is thrown again: the API server itself is away. */
function toApiError(error: unknown): ApiError {
  const own = new Set(["DeadlineExceeded", "TooLarge", "Unreadable"]);
  if (!(error instanceof ApiError) || (error.status === 0 && !own.has(error.reason))) throw error;
  return error;
}

/** Undefined when the operator was reached: then the answer is its own. */
function whyUnreached(status: number, reason: string, message: string, service: OperatorService): Failure | undefined {
  if (status === 403)
    return new Failure(
      `you may not reach the operator through the API server (get services/proxy of ${service.proxyName} in ${service.namespace}): ${askForRole(service.namespace, service.name)}, or name its address with --operator-url`,
    );
  if (status === 503 || reason === "DeadlineExceeded")
    return new Failure(
      `the operator does not answer behind its Service ${asked(service)} (${message.slice(0, 200)}): is it running? Or name its address with --operator-url`,
    );
  if (status === 401) return asksWho(service);
  return status === 0 ? strange(service) : undefined;
}
