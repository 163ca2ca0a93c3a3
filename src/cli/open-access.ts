import { reviewAccess, reviewToken } from "../kube/reviews.ts";
import type { Transport } from "../kube/transport.ts";
import { type Authorizer, certificateAccess, openAccess } from "../serve/access/access.ts";
import { reviewedAccess } from "../serve/access/reviewed-access.ts";
import type { Log } from "../telemetry/log.ts";
import { UsageError } from "./flags/flag.ts";
import type { RunConfig } from "./run-flags.ts";

/** Who may follow, by port. */
export interface PortAccess {
  /** On the HTTP port and on the page. */
  readonly http: Authorizer;
  /** Beside what TLS asks of the clients of gRPC. */
  readonly grpc: Authorizer;
}

type AccessFlags = Pick<RunConfig, "auth" | "auth-audiences" | "http-client-certs" | "tls-cert-file">;

/** Between two log lines of the same trouble, which every request would tell. */
const quietMs = 30_000;

/** What the flags say of who may follow the pools. */
export function openPortAccess(flags: AccessFlags, transport: Transport, log: Log): PortAccess {
  if (!flags.auth) {
    return { http: flags["http-client-certs"] ? certificateAccess : openAccess, grpc: openAccess };
  }
  if (flags["tls-cert-file"] === undefined)
    throw new UsageError(
      "--auth needs TLS, or tokens would be read on their way: give --tls-cert-file and --tls-key-file",
    );
  let toldAt = Number.NEGATIVE_INFINITY;
  const access = reviewedAccess({
    reviews: {
      identify: (token) => reviewToken(transport, token, flags["auth-audiences"]),
      allows: (identity, action) =>
        reviewAccess(
          transport,
          identity,
          "path" in action
            ? action
            : { ...action, group: "evenkeel.io", resource: "loadbalancerpools", subresource: "endpoints" },
        ),
    },
    onError(error) {
      if (performance.now() - toldAt < quietMs) return;
      toldAt = performance.now();
      log.error({ error }, "who may follow cannot be asked of the API server; who was let in of late stays in");
    },
  });
  return { http: access, grpc: access };
}
