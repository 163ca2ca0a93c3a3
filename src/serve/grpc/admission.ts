import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from "@grpc/grpc-js";
import { type Authorizer, type Denial, hasRunOut, watchAccess } from "../access/access.ts";
import { credentialsOfCall } from "./credentials.ts";

export interface AdmissionOptions {
  readonly access: Authorizer;
  /** Calls at a time, of all clients. */
  readonly most: number;
  /** Of one. */
  readonly mostPerClient: number;
}

/** Of the names of services that everybody may call, as probes do. */
const openService = "/grpc.health.v1.Health/";

/** The status of a call whose client may not. */
export function statusBy(verdict: Denial) {
  const codes = { unknown: status.UNAUTHENTICATED, refused: status.PERMISSION_DENIED, unsure: status.UNAVAILABLE };
  return { code: codes[verdict.kind], details: verdict.detail };
}

/**
 * Lets calls in, and counts them by client, until they end. What a client may ask for is up to the services; that it is
 * known who asks, is a matter of the door.
 */
export function createAdmission({ access, most, mostPerClient }: AdmissionOptions): ServerInterceptor {
  const held = new Map<string, number>();
  let all = 0;

  function enter(client: string): string | undefined {
    const own = held.get(client) ?? 0;
    if (own >= mostPerClient) return `${mostPerClient} calls at a time are as many as one client may have here`;
    if (all >= most) return `this replica serves ${most} calls already: ask another one`;
    held.set(client, own + 1);
    all += 1;
    return undefined;
  }

  function leave(client: string): void {
    all -= 1;
    const own = held.get(client)! - 1;
    if (own === 0) held.delete(client);
    else held.set(client, own);
  }

  return ({ path }, call) => {
    if (path.startsWith(openService)) return new ServerInterceptingCall(call);
    let inside: string | undefined;
    let hasEnded = false;
    let watched = (): void => {};
    const end = (): void => {
      hasEnded = true;
      watched();
      if (inside !== undefined) leave(inside);
      inside = undefined;
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata(async (metadata, next) => {
        const credentials = credentialsOfCall({
          metadata,
          getPeer: () => call.getPeer(),
          getAuthContext: () => call.getAuthContext(),
        });
        const ask = async () => hasRunOut(credentials, Date.now()) ?? (await access.knows(credentials));
        const verdict = await ask();
        // It was cancelled meanwhile.
        if (hasEnded) return;
        if (verdict.kind !== "allowed") return call.sendStatus(statusBy(verdict));
        const crowded = enter(verdict.client);
        if (crowded !== undefined) return call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: crowded });
        inside = verdict.client;
        const { until } = credentials;
        if (!access.isOpen || until !== undefined) {
          const onLost = (lost: Denial): void => {
            end();
            call.sendStatus(statusBy(lost));
          };
          watched = watchAccess({ ask, onLost, until });
        }
        next(metadata);
      })
      .withOnCancel(end)
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((given, next) => {
        end();
        next(given);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}
