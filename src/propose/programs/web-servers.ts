import { type KnownProgram, serverErrors } from "../known.ts";

/** Web servers and proxies. */
export const webServers: readonly KnownProgram[] = [
  {
    program: "HAProxy",
    mark: /^haproxy_process_current_connections$/,
    isWhole: true,
    connections: [
      {
        name: "haproxy_frontend_current_sessions",
        own: "proxy",
        why: "sessions that its frontends have open, without that of the statistics",
      },
      { name: "haproxy_process_current_connections", why: "open connections of the whole process" },
    ],
    load: [
      {
        name: "haproxy_process_current_connections",
        capacity: { of: "haproxy_process_max_connections" },
        why: "open connections out of haproxy_process_max_connections",
      },
    ],
    requests: [{ name: "haproxy_frontend_http_requests_total", own: "proxy", why: "requests from clients" }],
    errors: [
      {
        name: "haproxy_frontend_http_responses_total",
        own: "proxy",
        matchLabels: { code: "5xx" },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "HAProxy (its exporter)",
    mark: /^haproxy_exporter_/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "haproxy_frontend_current_sessions", own: "frontend", why: "sessions that its frontends have open" },
    ],
    requests: [{ name: "haproxy_frontend_http_requests_total", own: "frontend", why: "requests from clients" }],
    errors: [
      {
        name: "haproxy_frontend_http_responses_total",
        own: "frontend",
        matchLabels: { code: "5xx" },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "nginx (nginx-prometheus-exporter)",
    mark: /^(nginx_connections_active|nginxplus_connections_active|nginxexporter_build_info)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "nginx_connections_active", why: "open connections, idle ones included" },
      { name: "nginxplus_connections_active", why: "open connections from clients" },
    ],
    requests: [
      { name: "nginx_http_requests_total", why: "requests from clients" },
      { name: "nginxplus_http_requests_total", why: "requests from clients" },
    ],
  },
  {
    program: "nginx (module vts)",
    mark: /^nginx_vts_main_connections$/,
    isWhole: true,
    connections: [
      {
        name: "nginx_vts_main_connections",
        matchLabels: { status: "active" },
        why: "open connections, idle ones included",
      },
    ],
    requests: [
      { name: "nginx_vts_main_connections", matchLabels: { status: "requests" }, why: "requests from clients" },
    ],
  },
  {
    program: "ingress-nginx",
    mark: /^nginx_ingress_controller_nginx_process_connections$/,
    isWhole: true,
    connections: [
      {
        name: "nginx_ingress_controller_nginx_process_connections",
        matchLabels: { state: "active" },
        why: "open connections, idle ones included",
      },
    ],
    load: [
      {
        name: "nginx_ingress_controller_nginx_process_cpu_seconds_total",
        rate: true,
        why: "CPU time of nginx itself",
      },
    ],
    requests: [{ name: "nginx_ingress_controller_nginx_process_requests_total", why: "requests from clients" }],
    responseTime: [
      {
        name: "nginx_ingress_controller_request_duration_seconds",
        why: "from the first byte of a request to the last byte of its response",
      },
    ],
  },
  {
    program: "Traefik",
    mark: /^traefik_(open_connections|entrypoint_open_connections|config_reloads_total)$/,
    connections: [
      { name: "traefik_open_connections", own: "entrypoint", why: "open connections at its entry points" },
      { name: "traefik_entrypoint_open_connections", own: "entrypoint", why: "open connections at its entry points" },
    ],
    requests: [{ name: "traefik_entrypoint_requests_total", own: "entrypoint", why: "requests at its entry points" }],
    responseTime: [
      {
        name: "traefik_entrypoint_request_duration_seconds",
        own: "entrypoint",
        why: "response time of requests at its entry points",
      },
    ],
    errors: [
      {
        name: "traefik_entrypoint_requests_total",
        own: "entrypoint",
        match: { code: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "Caddy",
    mark: /^caddy_(http_requests_in_flight|admin_http_requests_total|config_last_reload_successful)$/,
    connections: [
      {
        name: "caddy_http_requests_in_flight",
        why: "requests in progress; counted once for each handler that they pass",
      },
    ],
    responseTime: [{ name: "caddy_http_request_duration_seconds", why: "response time of its handlers" }],
    errors: [
      {
        name: "caddy_http_request_duration_seconds_count",
        match: { code: serverErrors },
        why: "responses with a status of 5xx",
      },
    ],
  },
  {
    program: "Kong",
    mark: /^kong_nginx_(connections_total|http_current_connections)$/,
    isWhole: true,
    connections: [
      {
        name: "kong_nginx_connections_total",
        matchLabels: { state: "active" },
        why: "open connections; a gauge in spite of its name",
      },
      { name: "kong_nginx_http_current_connections", matchLabels: { state: "active" }, why: "open connections" },
    ],
    requests: [
      { name: "kong_http_requests_total", why: "requests from clients" },
      { name: "kong_http_status", why: "requests from clients" },
      { name: "kong_nginx_requests_total", why: "requests from clients" },
    ],
    responseTime: [
      {
        name: "kong_request_latency_ms",
        unit: "Milliseconds",
        why: "from the first byte of a request to the last one",
      },
      {
        name: "kong_latency",
        matchLabels: { type: "request" },
        unit: "Milliseconds",
        why: "from the first byte of a request to the last one",
      },
    ],
    errors: [
      { name: "kong_http_requests_total", match: { code: serverErrors }, why: "responses with a status of 5xx" },
      { name: "kong_http_status", match: { code: serverErrors }, why: "responses with a status of 5xx" },
    ],
  },
  {
    program: "Apache (its exporter)",
    mark: /^apache_(workers|accesses_total|scoreboard)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "apache_connections", matchLabels: { state: "total" }, why: "open connections" },
      { name: "apache_workers", matchLabels: { state: "busy" }, why: "workers that are serving a request" },
    ],
    requests: [{ name: "apache_accesses_total", why: "requests from clients" }],
  },
  {
    program: "uWSGI (its exporter)",
    mark: /^uwsgi_worker_busy$/,
    isExporter: true,
    isWhole: true,
    connections: [{ name: "uwsgi_worker_busy", why: "workers that are serving a request" }],
    requests: [{ name: "uwsgi_worker_requests_total", why: "requests that the workers have answered" }],
    errors: [{ name: "uwsgi_worker_exceptions_total", why: "requests that ended in an exception" }],
  },
  {
    program: "PHP-FPM",
    mark: /^(phpfpm|php_fpm)_active_processes$/,
    isExporter: true,
    isWhole: true,
    connections: [
      { name: "phpfpm_active_processes", why: "processes that are serving a request" },
      { name: "php_fpm_active_processes", why: "processes that are serving a request" },
    ],
    requests: [
      { name: "phpfpm_accepted_connections", why: "a connection is a request to PHP-FPM" },
      { name: "phpfpm_accepted_connections_total", why: "a connection is a request to PHP-FPM" },
      { name: "php_fpm_accepted_connections_total", why: "a connection is a request to PHP-FPM" },
    ],
    note: "Its maximum is pm.max_children of its configuration, which its page does not show.",
  },
  {
    program: "PHP-FPM (JSON)",
    mark: /^listen_queue_len$/,
    isWhole: true,
    connections: [{ name: "active_processes", why: "processes that are serving a request" }],
    requests: [{ name: "accepted_conn", why: "a connection is a request to PHP-FPM" }],
    note: "Its maximum is pm.max_children of its configuration, which its page does not show.",
  },
  {
    program: "Varnish (its exporter)",
    mark: /^varnish_(up|main_sessions)$/,
    isExporter: true,
    isWhole: true,
    connections: [
      {
        name: "varnish_main_sess_conn",
        minus: "varnish_main_sess_closed",
        why: "open sessions: those accepted, less those that have ended",
      },
    ],
    requests: [{ name: "varnish_main_client_req", why: "requests from clients" }],
  },
];
