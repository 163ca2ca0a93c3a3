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
    help: "Namespaces to watch (default: all).",
    schema: namespaceList.optional(),
  },
  "http-host": {
    value: "ADDRESS",
    env: "EVENKEEL_HTTP_HOST",
    help: "Address to serve on (default: all addresses, IPv6 and IPv4).",
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
    help: "Separate port for /livez and /readyz (default: none, because --http-port serves them, too; 0 for any).",
    schema: port.optional(),
  },
  page: {
    env: "EVENKEEL_PAGE",
    help: "Serve the page, which shows the pools to everybody who can reach its port (default false).",
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
    help: "Host names under which browsers reach the page, as through an Ingress or a forwarded port. IP addresses and localhost need not be listed.",
    schema: hostList.default([]),
  },
  "xds-bind": {
    value: "ADDRESS:PORT",
    env: "EVENKEEL_XDS_BIND",
    help: "Serve xDS at this address, for Envoy and gRPC clients; :PORT means every address (default: do not serve it).",
    schema: bindAddress.optional(),
  },
  "xds-interval": {
    value: "TIME",
    env: "EVENKEEL_XDS_INTERVAL",
    help: "Least time between two xDS updates of a pool (default 1s).",
    schema: durationText.default(1_000),
  },
  "lease-namespace": {
    value: "NAME",
    env: "EVENKEEL_LEASE_NAMESPACE",
    help: "Namespace of the Lease (default: the operator's own; outside a cluster, the namespace default).",
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
    help: "Time without a renewal of the Lease after which another replica may become the leader (default 15s).",
    schema: leaseTime.default(15_000),
  },
  "lease-renew-deadline": {
    value: "TIME",
    env: "EVENKEEL_LEASE_RENEW_DEADLINE",
    help: "Time without a renewal after which the leader stops writing (default 10s); must be shorter than --lease-duration.",
    schema: leaseTime.default(10_000),
  },
  "lease-retry-period": {
    value: "TIME",
    env: "EVENKEEL_LEASE_RETRY_PERIOD",
    help: "Time between two renewals, or two attempts to become the leader (default 2s); at most a third of --lease-renew-deadline.",
    schema: leaseTime.default(2_000),
  },
  identity: {
    value: "NAME",
    env: "EVENKEEL_IDENTITY",
    help: "Name of this replica (default: the host name).",
    schema: z.string().min(1).optional(),
  },
  "leader-election": {
    value: "true|false",
    env: "EVENKEEL_LEADER_ELECTION",
    help: "With false, write without a Lease. Only for a single replica (default true).",
    schema: onOff.default(true),
  },
  peers: {
    value: "HOST:PORT",
    env: "EVENKEEL_PEERS",
    help: "Host name that resolves to the addresses of all replicas, to pass clients' reports on to them (source push). Separate several by commas.",
    schema: peerList.optional(),
  },
  "push-token-file": {
    value: "FILE",
    env: "EVENKEEL_PUSH_TOKEN_FILE",
    help: "File with bearer tokens, one per line. Clients need one of them to report (default: no token is needed).",
    schema: z.string().min(1).optional(),
  },
  "query-address": {
    value: "URL",
    env: "EVENKEEL_QUERY_ADDRESS",
    help: "URL of the Prometheus, Thanos or Mimir for pools with source query, without /api/v1 (default: source query is off).",
    schema: httpAddress.optional(),
  },
  "query-ca-file": {
    value: "FILE",
    env: "EVENKEEL_QUERY_CA_FILE",
    help: "Authority that signed the certificate of --query-address (default: those that come with Node).",
    schema: z.string().min(1).optional(),
  },
  "query-token-file": {
    value: "FILE",
    env: "EVENKEEL_QUERY_TOKEN_FILE",
    help: "File with a bearer token for --query-address. Read again when it changes.",
    schema: z.string().min(1).optional(),
  },
  "query-basic-auth-file": {
    value: "FILE",
    env: "EVENKEEL_QUERY_BASIC_AUTH_FILE",
    help: "File with USER:PASSWORD for --query-address, in one line. Read again when it changes.",
    schema: z.string().min(1).optional(),
  },
  "query-tenant": {
    value: "NAME",
    env: "EVENKEEL_QUERY_TENANT",
    help: "Tenant whose series are read, sent in the header X-Scope-OrgID.",
    schema: headerText.optional(),
  },
  "query-labels": {
    value: "A=B,C=D",
    env: "EVENKEEL_QUERY_LABELS",
    help: "Labels that every series must have, such as cluster=east if Thanos or Mimir has several clusters.",
    schema: labelList.optional(),
  },
  "query-insecure": {
    env: "EVENKEEL_QUERY_INSECURE",
    help: "Send the token or the password even over plain HTTP (default false).",
    schema: toggle,
  },
  "tls-cert-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_CERT_FILE",
    help: "Certificate with its chain, PEM. With it, every port speaks TLS, except --health-port and --haproxy-bind. Read again when it changes.",
    schema: z.string().min(1).optional(),
  },
  "tls-key-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_KEY_FILE",
    help: "Private key of --tls-cert-file, PEM.",
    schema: z.string().min(1).optional(),
  },
  "tls-ca-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_CA_FILE",
    help: "Authority that signed the other replicas' certificates (default: all replicas must have the same certificate).",
    schema: z.string().min(1).optional(),
  },
  "tls-client-ca-file": {
    value: "FILE",
    env: "EVENKEEL_TLS_CLIENT_CA_FILE",
    help: "Authority that signed clients' certificates. With it, gRPC clients need a certificate (default: no client does).",
    schema: z.string().min(1).optional(),
  },
  "haproxy-bind": {
    value: "ADDRESS:PORT",
    env: "EVENKEEL_HAPROXY_BIND",
    help: "Answer HAProxy's agent checks at this address; :PORT means every address (default: do not answer them).",
    schema: bindAddress.optional(),
  },
  "http-client-certs": {
    env: "EVENKEEL_HTTP_CLIENT_CERTS",
    help: "With --tls-client-ca-file: clients of the HTTP port and of the page need a certificate, too (default false).",
    schema: toggle,
  },
  auth: {
    env: "EVENKEEL_AUTH",
    help: "Check with the API server who may read the pools and report to them, by token or client certificate. Needs TLS (default false).",
    schema: toggle,
  },
  "auth-audiences": {
    value: "A,B",
    env: "EVENKEEL_AUTH_AUDIENCES",
    help: "A client's token must have one of these audiences (default: the API server's).",
    schema: audienceList.default([]),
  },
  "peer-token-file": {
    value: "FILE",
    env: "EVENKEEL_PEER_TOKEN_FILE",
    help: "With --auth: file with the token by which this replica identifies itself to the others, to pass clients' reports on.",
    schema: z.string().min(1).optional(),
  },
  "extproc-bind": {
    value: "ADDRESS:PORT",
    env: "EVENKEEL_EXTPROC_BIND",
    help: "Serve the Endpoint Picker protocol (ext_proc) at this address, for gateways; :PORT means every address (default: do not serve it).",
    schema: bindAddress.optional(),
  },
  "grpc-max-age": {
    value: "TIME",
    env: "EVENKEEL_GRPC_MAX_AGE",
    help: "Age of a gRPC connection (xDS, endpoint picker) at which the client is asked to reconnect, so that clients spread over the replicas (default 30m; 0s: never).",
    schema: durationText.default(1_800_000),
  },
  "credentials-policy": {
    value: "NAME",
    env: "EVENKEEL_CREDENTIALS_POLICY",
    help: "Read the Secrets that pools name, for metrics pages that need credentials. The operator reads them only while the ValidatingAdmissionPolicy of this name and its binding restrict who may name them (default: read no Secrets).",
    schema: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "must be the name of a ValidatingAdmissionPolicy")
      .optional(),
  },
  "log-level": {
    value: "LEVEL",
    env: "EVENKEEL_LOG_LEVEL",
    help: "Least severe level to log: debug, info, warn or error (default info).",
    schema: oneOf(["debug", "info", "warn", "error"]).default("info"),
  },
  "log-format": {
    value: "FORMAT",
    env: "EVENKEEL_LOG_FORMAT",
    help: "json (one object per line) or text, for people (default: text in a terminal, otherwise json).",
    schema: oneOf(["json", "text"]).optional(),
  },
} as const satisfies Record<string, Flag>;

export type RunConfig = FlagValues<typeof runFlags>;
