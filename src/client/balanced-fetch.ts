import type { Endpoint } from "./balancer.ts";
import {
  type CarryingBalancer,
  type CarryOptions,
  type EndpointTarget,
  isUnreached,
  Journey,
  pointAt,
} from "./journey.ts";

type Fetch = typeof fetch;

export interface FetchOptions<E extends Endpoint = Endpoint> extends CarryOptions<E> {
  readonly fetch?: Fetch;
}

/** Methods that may be repeated when nobody knows whether they were carried out (RFC 9110, 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Whether a body can be sent once more. */
const isReplayable = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  typeof body === "string" ||
  ArrayBuffer.isView(body) ||
  body instanceof Blob ||
  body instanceof ArrayBuffer ||
  body instanceof URLSearchParams ||
  body instanceof FormData;

/** The same answer, with a word at the end of its body, or when nobody wants the rest of it. */
function endingWith(response: Response, end: () => void): Response {
  const reader = response.body?.getReader();
  if (!reader) {
    end();
    return response;
  }
  // Also where it breaks, or is aborted, while nobody reads.
  reader.closed.then(end, end);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  });
  const { status, statusText, headers, url, redirected, type } = response;
  const told = new Response(body, { status, statusText, headers });
  return Object.defineProperties(told, {
    url: { value: url },
    redirected: { value: redirected },
    type: { value: type },
  });
}

/**
 * `fetch` that sends each request to the balancer's next endpoint, whatever host its URL names. That host is lost, as
 * `fetch` writes the header Host itself. An endpoint that cannot be reached is left out for a while, and the request goes to
 * the next, unless its body is a stream; so does one that may be repeated, when its connection breaks before an answer. A
 * request counts until its answer's body was read or cancelled.
 */
export function balancedFetch<E extends Endpoint>(balancer: CarryingBalancer<E>, options: FetchOptions<E> = {}): Fetch {
  return async (input, init) => {
    const { fetch = globalThis.fetch } = options;
    const asked = input instanceof Request ? input : undefined;
    const url = new URL(asked?.url ?? (input as string | URL));
    const method = (init?.method ?? asked?.method ?? "GET").toUpperCase();
    const canRepeat = isReplayable(init?.body ?? asked?.body);
    const signal = init?.signal ?? asked?.signal;
    const journey = new Journey(balancer, options);
    for (;;) {
      let target: EndpointTarget | undefined;
      try {
        target = journey.target();
        pointAt(url, target);
        const response = await fetch(asked ? new Request(url, asked) : url, init);
        journey.answered();
        return endingWith(response, () => journey.end());
      } catch (error) {
        const isUnsent = target !== undefined && isUnreached(error, target);
        const mayRepeat = canRepeat && (isUnsent || (error instanceof TypeError && idempotent.has(method)));
        if (!signal?.aborted && mayRepeat && journey.turn(isUnsent)) continue;
        journey.end();
        throw error;
      }
    }
  };
}
