import { grpcFaults, type KnownProgram, serverErrors } from "../known.ts";

/** Where Puma's control server reports its threads: on a list of workers in cluster mode, by itself in single mode. */
const pumaStatus = ["worker_status_last_status_", ""];

/** Tomcat's busy threads and their maximum, as usual rules of the JMX exporter spell them. */
const tomcatPools = ["tomcat_threadpool", "Tomcat_ThreadPool", "catalina_threadpool", "Catalina_ThreadPool"].flatMap(
  (pool) =>
    [
      [`${pool}_currentThreadsBusy`, `${pool}_maxThreads`],
      [`${pool}_currentthreadsbusy`, `${pool}_maxthreads`],
    ] as const,
);

/** Frameworks and client libraries: all that are on the page, the first that tells a figure. */
export const libraries: readonly KnownProgram[] = [
  {
    program: "gRPC (its Prometheus interceptors)",
    mark: /^grpc_server_started_total$/,
    connections: [
      {
        name: "grpc_server_started_total",
        minus: "grpc_server_handled_total",
        why: "calls in progress: those that started, less those that have ended",
      },
    ],
    requests: [{ name: "grpc_server_handled_total", why: "calls that have ended" }],
    responseTime: [{ name: "grpc_server_handling_seconds", why: "response time of calls" }],
    errors: [
      {
        name: "grpc_server_handled_total",
        match: { grpc_code: grpcFaults },
        why: "calls that ended with a code that is the server's fault",
      },
      {
        name: "grpc_server_handled_total",
        match: { code: grpcFaults },
        why: "calls that ended with a code that is the server's fault",
      },
    ],
  },
  {
    program: "gRPC (Micrometer)",
    mark: /^grpc_server_processing_duration_seconds_count$/,
    responseTime: [{ name: "grpc_server_processing_duration_seconds", why: "response time of calls" }],
    errors: [
      {
        name: "grpc_server_processing_duration_seconds_count",
        match: { statusCode: grpcFaults },
        why: "calls that ended with a code that is the server's fault",
      },
    ],
  },
  {
    program: "Java (Micrometer, Spring Boot)",
    mark: /^(http_server_requests_seconds_count|tomcat_threads_busy_threads|tomcat_threads_busy|jvm_threads_live_threads|jvm_gc_pause_seconds_count)$/,
    connections: [
      { name: "tomcat_threads_busy_threads", why: "threads that are serving a request" },
      { name: "tomcat_threads_busy", why: "threads that are serving a request" },
      { name: "jetty_threads_busy", why: "threads that are serving a request" },
      { name: "http_server_requests_active_seconds_active_count", why: "requests in progress" },
      { name: "http_server_requests_active_seconds_gcount", why: "requests in progress" },
      { name: "http_server_requests_active_seconds_count", why: "requests in progress" },
      { name: "reactor_netty_http_server_connections_active", why: "connections that are serving a request" },
      { name: "tomcat_connections_current_connections", why: "open connections" },
      { name: "jetty_connections_current_connections", why: "open connections" },
    ],
    load: [
      {
        name: "tomcat_threads_busy_threads",
        capacity: { of: "tomcat_threads_config_max_threads" },
        why: "busy threads out of tomcat_threads_config_max_threads",
      },
      {
        name: "tomcat_threads_busy",
        capacity: { of: "tomcat_threads_config_max" },
        why: "busy threads out of tomcat_threads_config_max",
      },
      {
        name: "jetty_threads_busy",
        capacity: { of: "jetty_threads_config_max" },
        why: "busy threads out of jetty_threads_config_max",
      },
      { name: "process_cpu_usage", capacity: "1", why: "share of the processors that the JVM may use" },
    ],
    responseTime: [{ name: "http_server_requests_seconds", why: "response time of requests" }],
    errors: [
      {
        name: "http_server_requests_seconds_count",
        matchLabels: { outcome: "SERVER_ERROR" },
        why: "responses with a status of 5xx",
      },
      {
        name: "http_server_requests_seconds_count",
        match: { status: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "Tomcat (JMX exporter)",
    mark: /^(tomcat|catalina)_threadpool_currentthreadsbusy$/i,
    connections: tomcatPools.map(([busy]) => ({ name: busy, why: "threads that are serving a request" })),
    load: tomcatPools.map(([busy, max]) => ({ name: busy, capacity: { of: max }, why: `busy threads, of ${max}` })),
    requests: [
      { name: "tomcat_requestcount_total", why: "requests that were answered" },
      { name: "tomcat_requestCount_total", why: "requests that were answered" },
    ],
    errors: [
      { name: "tomcat_errorcount_total", why: "requests that ended in an error" },
      { name: "tomcat_errorCount_total", why: "requests that ended in an error" },
    ],
  },
  {
    program: "Java (MicroProfile Metrics)",
    mark: /^((base_)?cpu_processCpuLoad_percent|(vendor_)?threadpool_activeThreads)$/,
    connections: ["vendor_", ""].map((scope) => ({
      name: `${scope}threadpool_activeThreads`,
      matchLabels: { pool: "Default_Executor" },
      why: "threads that are serving a request",
    })),
    load: ["base_", ""].map((scope) => ({
      name: `${scope}cpu_processCpuLoad_percent`,
      capacity: "1",
      why: "share of the processors that the JVM may use; 1 is all of them in spite of its name",
    })),
    requests: ["vendor_", ""].map((scope) => ({
      name: `${scope}servlet_request_total`,
      why: "requests to servlets",
    })),
  },
  {
    program: "ASP.NET Core",
    mark: /^(kestrel|microsoft_aspnetcore|aspnetcore|dotnet)_/,
    connections: [
      { name: "http_server_active_requests", why: "requests in progress" },
      { name: "http_requests_in_progress", why: "requests in progress" },
      { name: "microsoft_aspnetcore_hosting_current_requests", why: "requests in progress" },
      { name: "kestrel_active_connections", why: "open connections" },
    ],
    load: [{ name: "dotnet_process_cpu_time_seconds_total", rate: true, why: "CPU time" }],
    responseTime: [
      { name: "http_server_request_duration_seconds", why: "response time of requests" },
      { name: "http_request_duration_seconds", why: "response time of requests" },
    ],
    errors: [
      {
        name: "http_server_request_duration_seconds_count",
        match: { http_response_status_code: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "OpenTelemetry (HTTP server)",
    mark: /^(http_server_request_duration_seconds_count|http_server_duration_milliseconds_count|http_server_active_requests)$/,
    connections: [{ name: "http_server_active_requests", why: "requests in progress" }],
    responseTime: [
      { name: "http_server_request_duration_seconds", why: "response time of requests" },
      { name: "http_server_duration_milliseconds", unit: "Milliseconds", why: "response time of requests" },
    ],
    errors: [
      {
        name: "http_server_request_duration_seconds_count",
        match: { http_response_status_code: serverErrors },
        why: "responses with a status of 5xx",
      },
      {
        name: "http_server_duration_milliseconds_count",
        match: { http_status_code: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "Django (django-prometheus)",
    mark: /^django_http_requests_before_middlewares_total$/,
    connections: [
      {
        name: "django_http_requests_before_middlewares_total",
        minus: "django_http_responses_before_middlewares_total",
        why: "requests in progress: those that arrived, less the responses that were sent",
      },
    ],
    responseTime: [
      {
        name: "django_http_requests_latency_including_middlewares_seconds",
        why: "response time of requests, middleware included",
      },
    ],
    errors: [
      {
        name: "django_http_responses_total_by_status_total",
        match: { status: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "Python (Starlette)",
    mark: /^starlette_requests_(in_progress|total)$/,
    connections: [
      { name: "starlette_requests_in_progress", why: "requests in progress" },
      { name: "starlette_requests_processing", why: "requests in progress" },
    ],
    responseTime: [
      { name: "starlette_request_duration_seconds", why: "response time of requests" },
      { name: "starlette_requests_processing_time_seconds", why: "response time of requests" },
    ],
  },
  {
    program: "Rust (axum-prometheus)",
    mark: /^axum_http_requests_(total|pending|duration_seconds_count)$/,
    connections: [{ name: "axum_http_requests_pending", why: "requests in progress" }],
    responseTime: [{ name: "axum_http_requests_duration_seconds", why: "response time of requests" }],
    errors: [
      {
        name: "axum_http_requests_duration_seconds_count",
        match: { status: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "Ruby (Puma)",
    mark: /^(ruby_)?puma_(max_threads|pool_capacity|busy_threads)/,
    connections: [
      { name: "puma_busy_threads", why: "threads that are serving a request" },
      { name: "ruby_puma_busy_threads", why: "threads that are serving a request" },
      { name: "puma_max_threads", minus: "puma_pool_capacity", why: "busy threads: all, less those that are free" },
    ],
    load: [
      { name: "puma_busy_threads", capacity: { of: "puma_max_threads" }, why: "busy threads out of puma_max_threads" },
      {
        name: "ruby_puma_busy_threads",
        capacity: { of: "ruby_puma_max_threads" },
        why: "busy threads out of ruby_puma_max_threads",
      },
      {
        name: "puma_max_threads",
        minus: "puma_pool_capacity",
        capacity: { of: "puma_max_threads" },
        why: "busy threads, of puma_max_threads",
      },
    ],
  },
  {
    program: "Ruby (Sidekiq)",
    mark: /^(ruby_)?sidekiq_process_busy$/,
    connections: ["ruby_", ""].map((prefix) => ({
      name: `${prefix}sidekiq_process_busy`,
      why: "jobs that are being done",
    })),
    load: ["ruby_", ""].map((prefix) => ({
      name: `${prefix}sidekiq_process_busy`,
      capacity: { of: `${prefix}sidekiq_process_concurrency` },
      why: `jobs that are being done, of ${prefix}sidekiq_process_concurrency`,
    })),
  },
  {
    program: "Ruby (Unicorn)",
    mark: /^unicorn_active_workers$/,
    connections: [{ name: "unicorn_active_workers", why: "workers that are serving a request" }],
    load: [
      {
        name: "unicorn_active_workers",
        capacity: { of: "unicorn_workers" },
        why: "workers that are serving a request, of unicorn_workers",
      },
    ],
  },
  {
    program: "Ruby (Puma's control server)",
    mark: /^(worker_status_last_status_)?pool_capacity$/,
    connections: pumaStatus.map((at) => ({
      name: `${at}max_threads`,
      minus: `${at}pool_capacity`,
      why: "busy threads: all that there may be, less those that are free",
    })),
    load: pumaStatus.map((at) => ({
      name: `${at}max_threads`,
      minus: `${at}pool_capacity`,
      capacity: { of: `${at}max_threads` },
      why: "busy threads out of max_threads",
    })),
    requests: pumaStatus.map((at) => ({ name: `${at}requests_count`, why: "requests that were answered" })),
  },
  {
    program: "Python (uWSGI's stats server)",
    mark: /^workers_cores_in_request$/,
    connections: [{ name: "workers_cores_in_request", why: "cores of all workers that are serving a request" }],
    load: [{ name: "workers_cores_in_request", capacity: "1", why: "cores of all workers that are serving a request" }],
    requests: [{ name: "workers_requests", why: "requests that the workers have answered" }],
    errors: [{ name: "workers_exceptions", why: "requests that ended in an exception" }],
  },
];
