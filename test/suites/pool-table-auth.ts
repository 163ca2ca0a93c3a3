import { type PoolRow, refused, spec, valid } from "./pool-table-row.ts";

type Part = Readonly<Record<string, unknown>>;

const http = (parts: Part) => spec({ metrics: { source: { http: { connections: { name: "open" }, ...parts } } } });
const json = (parts: Part) => spec({ metrics: { source: { json: parts } } });
const secret = { name: "scrape" };
/** Whom pods are to know us by. */
export const authRows: readonly PoolRow[] = [
  ...["Bearer", "Basic", "ClientCertificate"].map((type) =>
    valid(`auth ${type} over TLS`, http({ scheme: "HTTPS", auth: { secret, type } })),
  ),
  valid("auth by default", json({ scheme: "HTTPS", load: { pointer: "/a" }, auth: { secret } })),
  valid("auth in plain where it is said", http({ auth: { secret, insecure: true } })),
  valid("auth null", http({ auth: null })),
  ...["HTTP", undefined].map((scheme) =>
    refused(
      `auth over ${scheme}`,
      http({ scheme, auth: { secret } }),
      "spec.metrics.source.http",
      "or plain HTTP with",
    ),
  ),
  refused(
    "auth over TLS that is insecure",
    http({ scheme: "HTTPS", auth: { secret, insecure: true } }),
    "spec.metrics.source.http",
    "auth needs scheme HTTPS",
  ),
  refused(
    "a client's certificate in plain",
    http({ auth: { secret, type: "ClientCertificate", insecure: true } }),
    "spec.metrics.source.http",
    "ClientCertificate needs scheme HTTPS",
  ),
  refused("auth without a Secret", http({ scheme: "HTTPS", auth: {} }), "spec.metrics.source.http.auth.secret"),
  ...["kube-system/token", "../token", "a b", "", "-a", "A"].map((name) =>
    refused(
      `auth of Secret ${JSON.stringify(name)}`,
      http({ scheme: "HTTPS", auth: { secret: { name } } }),
      "spec.metrics.source.http.auth.secret.name",
    ),
  ),
  refused(
    "auth of another type",
    http({ scheme: "HTTPS", auth: { secret, type: "Digest" } }),
    "spec.metrics.source.http.auth.type",
  ),
];
