import type { Transport } from "../kube/transport.ts";
import type { HealthCheck } from "../serve/http/health.ts";
import type { NamedWatch } from "./caches.ts";
import type { FirstPasses } from "./first-passes.ts";

export interface HealthOptions {
  readonly controller: {
    readonly isSynced: boolean;
    readonly watches: readonly NamedWatch[];
  };
  readonly first: Pick<FirstPasses, "describe">;
  readonly transport: Pick<Transport, "successAgeMs">;
}

/** A watch's loop does something at least every two minutes, whatever the API server does. */
const hungAfterMs = 300_000;
/** The API server counts as there for this long after it last did what it was asked for. */
const thereForMs = 60_000;

/** What tells the kubelet how the process is, and consumers whether it has something to say. */
export function createHealth({ controller, first, transport }: HealthOptions): {
  readonly live: readonly HealthCheck[];
  readonly ready: readonly HealthCheck[];
} {
  /**
   * Only what a restart mends. During an outage of the API server a new process would know nothing, while this one still
   * serves what it knew: so a watch counts as hung only while the same transport reaches the API server for others.
   */
  const hung = (): string | undefined => {
    if (transport.successAgeMs() > thereForMs) return undefined;
    const old = controller.watches.find(
      ({ watches }) => Number.isFinite(watches.idleMs()) && watches.idleMs() > hungAfterMs,
    );
    return old && `the watch of ${old.resource} has hung for minutes, while the API server answers`;
  };
  /** Once true it stays true: what is known is served during an outage, and all replicas have the same one. */
  const unread = (): string | undefined => {
    if (controller.isSynced) return undefined;
    const missing = controller.watches.filter(({ watches }) => !watches.isSynced).map(({ resource }) => resource);
    return `not read yet: ${missing.join(", ")}`;
  };
  const unplanned = (): string | undefined => (controller.isSynced ? first.describe() : "nothing is read yet");
  return {
    live: [{ name: "watches", check: hung }],
    ready: [
      { name: "caches", check: unread },
      { name: "pools", check: unplanned },
    ],
  };
}
