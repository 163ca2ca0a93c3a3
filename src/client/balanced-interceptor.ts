import type { Endpoint } from "./balancer.ts";
import {
  type CarryingBalancer,
  type CarryOptions,
  type EndpointTarget,
  isUnreached,
  Journey,
  pointAt,
} from "./journey.ts";

type HeaderValue = string | readonly string[] | null | undefined;
type Headers =
  | readonly (string | null)[]
  | Iterable<readonly [string, HeaderValue]>
  | Readonly<Record<string, HeaderValue>>
  | null
  | undefined;

// What undici calls these, as far as it matters here: the client needs no package.
interface DispatchOptions {
  origin?: string | URL;
  headers?: unknown;
}
interface DispatchHandler {
  onRequestStart?(...of: never[]): void;
  onRequestUpgrade?(...of: never[]): void;
  onBodySent?(...of: never[]): void;
  onRequestSent?(...of: never[]): void;
  onResponseStarted?(...of: never[]): void;
  onResponseStart?(...of: never[]): void;
  onResponseData?(...of: never[]): void;
  onResponseEnd?(...of: never[]): void;
  onResponseError?(controller: never, error: Error): void;
}
type Dispatch<O extends DispatchOptions, H extends DispatchHandler> = (options: O, handler: H) => boolean;

const nameIn = (header: readonly unknown[]): string => String(header[0]).toLowerCase();

/** Headers with a Host, unless there is one. */
function withHost(headers: Headers, host: string): unknown {
  if (!headers) return { host };
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    const names = headers.filter((_, index) => index % 2 === 0);
    return names.some((name) => nameIn([name]) === "host") ? headers : [...headers, "host", host];
  }
  const entries = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const isNamed = entries.some((header) => nameIn(header as unknown[]) === "host");
  return Object.fromEntries(isNamed ? entries : [...entries, ["host", host]]);
}

/**
 * An interceptor for undici 7 and newer, as in `new Agent().compose(balancedInterceptor(pool.balancer))`: each request goes
 * to the balancer's next endpoint, whatever origin it names; that origin's host stays in the header Host, and with TLS is
 * the name that the certificate must have. One that cannot be reached is left out for a while, and the request goes to the
 * next. A request counts until its answer ended.
 */
export function balancedInterceptor<E extends Endpoint>(balancer: CarryingBalancer<E>, options: CarryOptions<E> = {}) {
  return <O extends DispatchOptions, H extends DispatchHandler>(dispatch: Dispatch<O, H>): Dispatch<O, H> =>
    (asked, handler) => {
      const journey = new Journey(balancer, options);
      const origin = new URL(asked.origin ?? "http://localhost");
      const headers = withHost(asked.headers as Headers, origin.host);
      let target: EndpointTarget;
      let hasBegun = false;
      const go = (): boolean => {
        target = journey.target();
        pointAt(origin, target);
        return dispatch({ ...asked, origin: origin.origin, headers }, watching);
      };
      // Not made of the handler, which may keep what it has to itself.
      const watching = {
        onRequestStart: (...of: never[]) => handler.onRequestStart?.(...of),
        onBodySent: (...of: never[]) => handler.onBodySent?.(...of),
        onRequestSent: (...of: never[]) => handler.onRequestSent?.(...of),
        onResponseStarted: (...of: never[]) => handler.onResponseStarted?.(...of),
        onRequestUpgrade(...of: never[]) {
          journey.end();
          handler.onRequestUpgrade?.(...of);
        },
        onResponseStart(...of: never[]) {
          hasBegun = true;
          journey.answered();
          handler.onResponseStart?.(...of);
        },
        onResponseData: (...of: never[]) => handler.onResponseData?.(...of),
        onResponseEnd(...of: never[]) {
          journey.end();
          handler.onResponseEnd?.(...of);
        },
        onResponseError(controller: never, error: Error) {
          try {
            if (!hasBegun && isUnreached(error, target) && journey.turn(true)) return void go();
          } catch {
            // Where the next one is, nobody says: the first one's error tells more.
          }
          journey.end();
          handler.onResponseError?.(controller, error);
        },
      } as unknown as H;
      try {
        return go();
      } catch (error) {
        journey.end();
        throw error;
      }
    };
}
