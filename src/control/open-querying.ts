import type { PrometheusSettings } from "../observe/query/access.ts";
import { openPrometheus, type Prometheus } from "../observe/query/prometheus.ts";
import type { Log } from "../telemetry/log.ts";

export type { Prometheus } from "../observe/query/prometheus.ts";

/** Between two log lines of the same trouble, which every query would tell. */
const quietMs = 30_000;

/**
 * Where pools with source query are asked. Rejects where a file of the settings is of no use; what is wrong later, and why
 * nobody answers, is logged.
 */
export function openQuerying(settings: PrometheusSettings, log: Log): Promise<Prometheus> {
  let last: { readonly message: string; readonly at: number } | undefined;
  return openPrometheus(settings, {
    onError(error) {
      const { message } = error as Error;
      const at = performance.now();
      if (last?.message === message && at - last.at < quietMs) return;
      last = { message, at };
      log.error({ error }, "Prometheus cannot be asked; what is known of pods counts as long as it is fresh");
    },
  });
}
