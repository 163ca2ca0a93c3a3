import { ApiError } from "../../kube/api-error.ts";
import type { Connection } from "../../kube/connection.ts";
import type { Refusal } from "../../kube/outcome.ts";
import { shownProxy } from "../../kube/proxy.ts";

/** A command that could not do what it was asked for: one line that says what to do. */
export class Failure extends Error {}

const notInstalled =
  "this cluster has no LoadBalancerPools: install Evenkeel " +
  "(helm install evenkeel charts/evenkeel --namespace evenkeel --create-namespace), or choose another --context";

/** Of the innermost error, which knows most. */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === "string" && !code.startsWith("UND_")) return code;
  }
  return undefined;
}

const shortened = (message: string): string => message.replace(/\s+/g, " ").slice(0, 300);

/** What the system says of a name that it cannot look up. */
const nameless = new Set(["ENOTFOUND", "EAI_AGAIN"]);

/** Where the API server is. */
interface Place {
  readonly server: string;
  /** By which it is reached. */
  readonly proxy?: string | undefined;
}

function describeApiError(error: ApiError, { server, proxy }: Place): string {
  const { status, reason, message } = error;
  if (status === 401)
    return `the API server ${server} refuses these credentials: log in again, or choose another --context`;
  if (status === 403)
    return `${shortened(message)}; ask for this right (rights on pools: the chart's rbac.aggregateToDefaultRoles gives them to view and edit)`;
  const way = proxy === undefined ? "" : ` by the proxy ${proxy}`;
  if (reason === "DeadlineExceeded") return `the API server ${server} did not answer in time${way}: try again`;
  if (status === 0 && reason !== "TooLarge" && reason !== "Malformed") {
    const why = codeOf(error) ?? shortened(message);
    const remedy = way
      ? "check the proxy, or name the server in NO_PROXY to go without"
      : `${nameless.has(why) ? "no host has this name: correct the kubeconfig" : "start the cluster"}, or choose another --context or --kubeconfig`;
    return `the API server ${server} cannot be reached${way} (${why}): ${remedy}`;
  }
  return `the API server ${server} answered ${status === 0 ? reason : `${status} ${reason}`}: ${shortened(message)}`;
}

/** The error as one line that says what to do. Whatever is no answer of the API server stays as it is. */
export function toFailure(error: unknown, { server, proxy }: Pick<Connection, "server" | "proxy">): unknown {
  if (!(error instanceof ApiError)) return error;
  const place = { server: server.origin, proxy: proxy && shownProxy(proxy) };
  return new Failure(describeApiError(error, place), { cause: error });
}

/** Why a request for pools brought none. */
export function refusalToFailure(refusal: Refusal, what: string): Failure {
  switch (refusal.kind) {
    case "missing":
      return new Failure(notInstalled);
    case "refused":
      return new Failure(
        describeApiError(new ApiError({ status: 403, reason: "Forbidden", message: refusal.message }), { server: "" }),
      );
    case "invalid":
    case "conflict":
      return new Failure(`${what}: ${shortened(refusal.message)}`);
    default:
      return new Failure(`${what}: ${refusal.kind}`);
  }
}
