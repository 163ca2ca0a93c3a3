import { ApiError } from "./api-error.ts";
import type { Transport } from "./transport.ts";
import { pathOf, pods } from "./types.ts";

/** A page of a pod. */
export interface PodPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly scheme: "HTTP" | "HTTPS";
  /** With its query, if it has one. */
  readonly path: string;
}

/** What came of asking a pod through the API server. */
export type PodAnswered =
  | { readonly kind: "answered"; readonly body: Buffer; readonly contentType: string }
  /** The pod's own refusal. */
  | { readonly kind: "status"; readonly status: number }
  /** Whoever asks may not use the proxy. */
  | { readonly kind: "forbidden"; readonly message: string }
  /** There is no such pod any more. */
  | { readonly kind: "gone" }
  | { readonly kind: "unanswered"; readonly why: "NotReached" | "NoHttp" | "TimedOut" | "TooLarge" };

interface AskOptions {
  readonly accept: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** What is said of a port that ends the connection at the first bytes: it speaks something else, perhaps TLS. */
const isNoHttp =
  /malformed HTTP|server gave HTTP response to HTTPS client|first record does not look like a TLS|socket hang up|reset by peer|EOF$/i;

/** Asks a pod by the API server's proxy. Throws what says that the API server itself is not to be reached. */
export async function askPod(transport: Transport, place: PodPlace, options: AskOptions): Promise<PodAnswered> {
  const { namespace, pod, port, scheme, path } = place;
  const name = `${scheme === "HTTPS" ? "https:" : ""}${pod}:${port}`;
  const [way = "/", query] = path.split(/\?(.*)/s);
  try {
    const { bytes, contentType } = await transport.handOn(
      {
        verb: "get",
        target: { path: `${pathOf(pods, namespace, name, "proxy")}${way}`, resource: "pods/proxy" },
        ...(query !== undefined && { query: Object.fromEntries(new URLSearchParams(query)) }),
        accept: options.accept,
        deadlineMs: options.timeoutMs,
        retry: false,
        signal: options.signal,
      },
      options.maxBytes,
    );
    return { kind: "answered", body: bytes, contentType };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return answeredBy(error);
  }
}

function answeredBy(error: ApiError): PodAnswered {
  const { status, reason, message, details } = error;
  if (reason === "DeadlineExceeded" || status === 504) return { kind: "unanswered", why: "TimedOut" };
  if (reason === "TooLarge") return { kind: "unanswered", why: "TooLarge" };
  // The API server's own refusals come as a Status, which names the pod; a pod's come as whatever it says.
  const isOwn = message !== `the API server answered ${status}`;
  if (status === 0 || (status === 401 && isOwn)) throw error;
  if (status === 403 && isOwn) return { kind: "forbidden", message };
  if (status === 404 && details?.kind === "pods") return { kind: "gone" };
  if (isOwn && status >= 500) return { kind: "unanswered", why: isNoHttp.test(message) ? "NoHttp" : "NotReached" };
  return { kind: "status", status };
}
