import * as z from "zod";
import { auth, authRules } from "./auth.ts";
import { host, pathAndQuery, portRef, scheme } from "./dial.ts";
import { duration } from "./duration.ts";
import { pollRules, timeout } from "./poll.ts";
import { withRules } from "./rules.ts";

const types = ["TCP", "HTTP", "GRPC", "Postgres"] as const;

const postgresName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, "must begin with a letter or _, and hold only letters, digits, _ and -");

interface Given {
  readonly type: (typeof types)[number];
  readonly scheme?: unknown;
  readonly path?: unknown;
  readonly host?: unknown;
  readonly auth?: unknown;
  readonly service?: unknown;
  readonly user?: unknown;
  readonly database?: unknown;
}

const onlyWith = (
  field: "scheme" | "path" | "host" | "auth" | "service" | "user" | "database",
  type: Given["type"],
) => ({
  cel: `!has(self.${field}) || self.type == '${type}'`,
  message: `${field} is for type ${type}`,
  holds: (given: Given) => given[field] === undefined || given.type === type,
});

/** How a pod is asked whether it answers, and how fast. */
export const probe = withRules(
  z.object({
    type: z
      .enum(types)
      .describe(
        "TCP opens a connection. HTTP sends a GET for a path, and a status of 2xx is success. GRPC calls grpc.health.v1.Health/Check, and SERVING is success. Postgres sends SELECT 1, and a server that asks for a password counts as healthy, too. From PostgreSQL 14 on, a server that accepts the role also reports whether it is a standby.",
      ),
    port: portRef(
      "Port to probe, by name or number; the pod's containers must declare it. The first of spec.ports if absent.",
      (ref) => ref.optional(),
    ),
    scheme: scheme.optional(),
    path: pathAndQuery.describe("Path of the HTTP request, optionally with a query. / if absent.").optional(),
    host: host.optional(),
    auth: auth.optional(),
    service: z
      .string()
      .max(200)
      .regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, "must be the full name of a gRPC service")
      .describe("gRPC service whose health is checked. The whole server if absent.")
      .optional(),
    user: postgresName
      .describe(
        "Role that the Postgres probe uses, without a password. The server's pg_hba.conf must accept this role with the method trust. Otherwise the probe does not learn whether the server takes writes. The role needs no rights. postgres if absent.",
      )
      .optional(),
    database: postgresName.describe("Database that the Postgres probe uses. The role's own if absent.").optional(),
    interval: duration("5s", "Time between two probes of a pod, from 200ms to 1h."),
    timeout: timeout(
      "1s",
      "Time after which a probe counts as failed, at most 10s. It must be shorter than the interval.",
    ),
  }),
  "A probe of each ready pod: its response time and its health, without any metrics endpoint.",
  [
    onlyWith("scheme", "HTTP"),
    onlyWith("path", "HTTP"),
    onlyWith("host", "HTTP"),
    onlyWith("auth", "HTTP"),
    ...authRules,
    onlyWith("service", "GRPC"),
    onlyWith("user", "Postgres"),
    onlyWith("database", "Postgres"),
    ...pollRules,
  ],
);

export type Probe = z.output<typeof probe>;
