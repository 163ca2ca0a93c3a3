import type { AgentOptions } from "../serve/haproxy/agent.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";

/** What HAProxy's agent tells of itself: what it answered, and what it was asked and could not answer from a plan. */
export const agentHooks = (metrics: OperatorMetrics, log: Log) =>
  ({
    onAnswer: metrics.agentAnswered,
    onDoubt: ({ why, ...doubt }) => log.warn({ ...doubt, why }, "HAProxy asks what no plan answers"),
    onError: (error) => log.error({ error }, "HAProxy's agent failed"),
  }) satisfies Partial<AgentOptions>;
