import * as z from "zod";
import { connectionFlags } from "./flags/common.ts";
import type { Flag, FlagValues } from "./flags/flag.ts";
import {
  audienceList,
  bindAddress,
  durationText,
  headerText,
  hostList,
  httpAddress,
  labelList,
  leaseTime,
  namespaceList,
  oneOf,
  onOff,
  peerList,
  port,
  toggle,
} from "./flags/schemas.ts";

/** The flags of `evenkeel run`. */
export const runFlags = {
  ...connectionFlags,
  namespaces: {
    value: "A,B",
    env: "EVENKEEL_NAMESPACES",
    help: "Namespaces to look at. Without: all.",
    schema: namespaceList.optional(),
  },
  "http-host": {
    value: "ADDRESS",
    env: "EVENKEEL_HTTP_HOST",
    help: "Address to serve on. Without: all, of IPv6 and IPv4.",
    schema: z
      .string()
      .min(1)
      .transform((host) => host.replace(/^\[|\]$/g, ""))
      .optional(),
  },
  "http-port": {
    value: "PORT",
    env: "EVENKEEL_HTTP_PORT",
    help: "Port of the HTTP server (default 8080; 0 for any).",
    schema: port.default(8080),
  },
  "health-port": {
    value: "PORT",
    env: "EVENKEEL_HEALTH_PORT",
    help: "Port for /livez and /readyz apart from all others (default: none, as --http-port has them too; 0 for any).",
    schema: port.optional(),
  },
  page: {
    env: "EVENKEEL_PAGE",
    help: "Serve the page, which shows the pools to whoever reaches its port (default false).",
    schema: toggle,
  },
  "page-port": {
    value: "PORT",
    env: "EVENKEEL_PAGE_PORT",
    help: "Port of the page (default 8081; 0 for any).",
    schema: port.default(8081),
  },
  "page-hosts": {
    value: "A,B",
    env: "EVENKEEL_PAGE_HOSTS",
    help: "Names by which browsers reach the page, as through an Ingress or a forwarded port. IP addresses and localhost need none.",
    schema: hostList.default([]),
  },
  "xds-bind": {
    value: "ADDRESS:PORT",
    env: "EVENKEEL_XDS_BIND",
    help: "Serve xDS there, for Envoy and clients of gRPC; :PORT is every address. Without: not at all.",
    schema: bindAddress.optional(),
  },
  "xds-interval": {
    value: "TIME",
    env: "EVENKEEL_XDS_INTERVAL",
    help: "Between two changes of a pool over xDS at least (default 1s).",
    schema: durationText.default(1_000),
  },
  "lease-namespace": {
    value: "NAME",
    env: "EVENKEEL_LEASE_NAMESPACE",
    help: "Namespace of the Lease (default: the operator's own, else default).",
    schema: z.string().optional(),
  },
  "lease-name": {
    value: "NAME",
    env: "EVENKEEL_LEASE_NAME",
    help: "Name of the Lease (default evenkeel).",
    schema: z.string().min(1).default("evenkeel"),
  },
  "lease-duration": {
    value: "TIME",
    env: "EVENKEEL_LEASE_DURATION",
    help: "After so long without a renewal another replica may lead (default 15s).",
    schema: leaseTime.default(15_000),
  },
  "lease-renew-deadline": {
    value: "TIME",
    env: "EVENKEEL_LEASE_RENEW_DEADLINE",
    help: "After so long without a renewal the leader stops writing (default 10s); shorter than the duration.",
    schema: leaseTime.default(10_000),
  },
  "lease-retry-period": {
    value: "TIME",
    env: "EVENKEEL_LEASE_RETRY_PERIOD",
    help: "Between two renewals, or two tries to lead (default 2s); at most a third of the deadline.",
    schema: leaseTime.default(2_000),
  },
  identity: {
    value: "NAME",
    env: "EVENKEEL_IDENTITY",
    help: "Name of this replica (default: the host's name).",
    schema: z.string().min(1).optional(),
  },
  "leader-election": {
    value: "true|false",
    env: "EVENKEEL_LEADER_ELECTION",
    help: "false: write without a Lease; for a single replica (default true).",
    schema: onOff.default(true),
  },
  peers: {
    value: "HOST:PORT",
    env: "EVENKEEL_PEERS",
    help: "Name of all replicas, to tell them what clients report (source push); more after commas.",
    schema: peerList.optional(),
  },
  "push-token-file": {
    value: "FILE",
    env: "EVENKEEL_PUSH_TOKEN_FILE",
    help: "File of bearer tokens, one a line, of which clients need one to report. Without: none is needed.",
    schema: z.string().min(1).optional(),
  },
  "query-address": {
    value: "URL",
    env: "EVENKEEL_QUERY_ADDRESS",
    help: "Prometheus, Thanos or Mimir that pools with source query are asked at, without /api/v1. Without: nowhere.",
    schema: httpAddress.optional(),
  },
  "query-ca-file": {
    value: "FILE",
    env: "EVENKEEL_QUERY_CA_FILE",
    help: "Authority of its certificate. Without: those that Node knows.",
    schema: z.string().min(1).optional(),
  },
  "query-token-file": {
    value: "FILE",
    env: "EVENKEEL_QUERY_TOKEN_FILE",
    help: "Bearer token for it. Read again when it changes.",
    schema: z.string().min(1).optional(),
  },
  "query-basic-auth-file": {
    value: "FILE",
    env: "EVENKEEL_QUERY_BASIC_AUTH_FILE",
    help: "USER:PASSWORD for it, in one line. Read again when it changes.",
    schema: z.string().min(1).optional(),
  },
  "query-tenant": {
    value: "NAME",
    env: "EVENKEEL_QUERY_TENANT",
    help: "Tenant to ask for, in the header X-Scope-OrgID.",
    schema: headerText.optional(),
  },
  "query-labels": {
    value: "A=B,C=D",
    env: "EVENKEEL_QUERY_LABELS",
    help: "Labels that every series must have, as cluster=east where Thanos or Mimir knows several clusters.",
    schema: labelList.optional(),
  },
  "query-insecure": {
    env: "EVENKEEL_QUERY_INSECURE",
    help: "Send token or password over plain HTTP, too (default false).",
    schema: toggle,
  },
  "tls-cert-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_CERT_FILE",
    help: "Certificate with its chain, PEM: every port but that for health speaks TLS. Read again when it changes.",
    schema: z.string().min(1).optional(),
  },
  "tls-key-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_KEY_FILE",
    help: "Its key.",
    schema: z.string().min(1).optional(),
  },
  "tls-ca-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_CA_FILE",
    help: "Authority of the other replicas' certificates. Without: they have to show the same certificate.",
    schema: z.string().min(1).optional(),
  },
  "tls-client-ca-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_CLIENT_CA_FILE",
    help: "Authority of clients' certificates. Clients of gRPC need one; without: nobody does.",
    schema: z.string().min(1).optional(),
  },
  "haproxy-bind": {
    value: "ADDRESS:PORT",
    env: "EVENKEEL_HAPROXY_BIND",
    help: "Answer HAProxy's agent checks there; :PORT is every address. Without: not at all.",
    schema: bindAddress.optional(),
  },
  "http-client-certs": {
    env: "EVENKEEL_HTTP_CLIENT_CERTS",
    help: "Clients of the HTTP port and of the page need a certificate, too (default false).",
    schema: toggle,
  },
  auth: {
    env: "EVENKEEL_AUTH",
    help: "Ask the API server who may read the pools and report to them: by token or client certificate. Needs TLS (default false).",
    schema: toggle,
  },
  "auth-audiences": {
    value: "A,B",
    env: "EVENKEEL_AUTH_AUDIENCES",
    help: "Audiences of clients' tokens, of which a token needs one. Without: that of the API server.",
    schema: audienceList.default([]),
  },
  "peer-token-file": {
    value: "FILE",
    env: "EVENKEEL_PEER_TOKEN_FILE",
    help: "Token that this replica shows the others with --auth, where clients report.",
    schema: z.string().min(1).optional(),
  },
  "extproc-bind": {
    value: "ADDRESS:PORT",
    env: "EVENKEEL_EXTPROC_BIND",
    help: "Serve the Endpoint Picker protocol (ext_proc) there, for gateways; :PORT is every address. Without: not at all.",
    schema: bindAddress.optional(),
  },
  "grpc-max-age": {
    value: "TIME",
    env: "EVENKEEL_GRPC_MAX_AGE",
    help: "Clients of gRPC (xDS, endpoint picker) are told to connect anew after so long, so that they spread over the replicas (default 30m; 0s: never).",
    schema: durationText.default(1_800_000),
  },
  "credentials-policy": {
    value: "NAME",
    env: "EVENKEEL_CREDENTIALS_POLICY",
    help: "Read the Secrets that pools name for pages behind credentials, as long as the ValidatingAdmissionPolicy of this name and its binding ask who may. Without: read none.",
    schema: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "must be the name of a ValidatingAdmissionPolicy")
      .optional(),
  },
  "log-level": {
    value: "LEVEL",
    env: "EVENKEEL_LOG_LEVEL",
    help: "debug, info, warn or error (default info).",
    schema: oneOf(["debug", "info", "warn", "error"]).default("info"),
  },
  "log-format": {
    value: "FORMAT",
    env: "EVENKEEL_LOG_FORMAT",
    help: "json: one object a line; text: for people. Without: text at a terminal, else json.",
    schema: oneOf(["json", "text"]).optional(),
  },
} as const satisfies Record<string, Flag>;

export type RunConfig = FlagValues<typeof runFlags>;
