import type { KnownProgram } from "../known.ts";

/** Servers of calls, meetings and names, and what runs jobs. */
export const others: readonly KnownProgram[] = [
  {
    program: "coturn",
    mark: /^turn_(total_)?allocations$/,
    isWhole: true,
    connections: [
      { name: "turn_total_allocations", why: "allocations that are in use; a gauge in spite of its name" },
      { name: "turn_allocations", why: "allocations that are in use" },
    ],
  },
  {
    program: "LiveKit",
    mark: /^livekit_participant_total$/,
    isWhole: true,
    connections: [
      { name: "livekit_participant_total", why: "participants that are here; a gauge in spite of its name" },
    ],
  },
  {
    program: "Jitsi Videobridge (JSON)",
    mark: /^stress_level$/,
    isWhole: true,
    connections: [
      { name: "local_endpoints", why: "participants on this bridge" },
      { name: "endpoints", why: "participants on this bridge" },
      { name: "participants", why: "participants on this bridge" },
    ],
    load: [{ name: "stress_level", capacity: "1", why: "how stressed the bridge says it is; at 1 it is overloaded" }],
  },
  {
    program: "Prosody",
    mark: /^prosody_mod_c2s__connections$/,
    isWhole: true,
    connections: [{ name: "prosody_mod_c2s__connections", why: "open connections of clients" }],
  },
  {
    program: "Temporal",
    mark: /^service_pending_requests$/,
    isWhole: true,
    connections: [{ name: "service_pending_requests", why: "requests in progress" }],
    requests: [{ name: "service_requests", why: "requests from clients" }],
  },
  {
    program: "PowerDNS Recursor",
    mark: /^pdns_recursor_questions$/,
    isWhole: true,
    connections: [{ name: "pdns_recursor_concurrent_queries", why: "queries that are being resolved" }],
    load: [
      {
        name: "pdns_recursor_user_msec",
        rate: true,
        capacity: {
          ask: "What is 100 %? It grows by 1000 a second for each core that is busy in user mode: enter what it is at full load",
          example: "800",
        },
        why: "CPU time in user mode, in milliseconds",
      },
    ],
    requests: [{ name: "pdns_recursor_questions", why: "queries from clients" }],
  },
  {
    program: "dnsdist",
    mark: /^dnsdist_queries$/,
    isWhole: true,
    requests: [{ name: "dnsdist_queries", why: "queries from clients" }],
  },
  {
    program: "node_exporter",
    mark: /^node_(exporter_build_info|uname_info)$/,
    isExporter: true,
    isWhole: true,
    // Agents put it on the page of their own.
    beside: /^(node|promhttp)_/,
    note: "What begins with node_ is about the machine, and not about the pod that serves it.",
  },
  {
    program: "cAdvisor",
    mark: /^(container_last_seen|cadvisor_version_info)$/,
    isExporter: true,
    isWhole: true,
    note: "This page is about the containers of a machine, and not about the pod that serves it.",
  },
  {
    program: "Celery (celery-exporter)",
    mark: /^celery_worker_tasks_active$/,
    isExporter: true,
    isWhole: true,
    note: "This page is about every Celery worker there is, and not about the pod that serves it: a pool cannot tell from it which pod is busy.",
  },
];
