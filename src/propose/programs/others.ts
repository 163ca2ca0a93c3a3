import type { KnownProgram } from "../known.ts";

/** Servers of calls and meetings, and what runs jobs. */
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
    program: "Celery (celery-exporter)",
    mark: /^celery_worker_tasks_active$/,
    isExporter: true,
    isWhole: true,
    note: "This page is about every Celery worker there is, and not about the pod that serves it: a pool cannot tell from it which pod is busy.",
  },
];
