import type { Signals } from "../decide/signals/planned-signals.ts";

/** A gauge of every pool: its labels beside the pool's own, and for each of their values a figure or none. */
export interface SignalGauge {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly read: (signals: Signals) => readonly (readonly [Record<string, string>, number | undefined])[];
}

const plain = (name: string, help: string, read: (signals: Signals) => number | undefined): SignalGauge => ({
  name: `evenkeel_pool_${name}`,
  help,
  labelNames: [],
  read: (signals) => [[{}, read(signals)]],
});

const byFigure = (
  name: string,
  help: string,
  read: (signals: Signals) => Readonly<Record<string, number>>,
): SignalGauge => ({
  name: `evenkeel_pool_${name}`,
  help,
  labelNames: ["figure"],
  read: (signals) => Object.entries(read(signals)).map(([figure, value]) => [{ figure }, value]),
});

/** The golden signals. A figure that a pool does not read, or that is not known just now, has no series. */
export const signalGauges: readonly SignalGauge[] = [
  plain(
    "requests_per_second",
    "Requests per second that a pool's ready pods completed over their last few samples, where the pool counts them. A pod that is not measured adds none.",
    ({ requests }) => requests,
  ),
  plain(
    "error_ratio",
    "Share of a pool's requests that failed over the last few samples, where it counts errors and there were requests.",
    ({ errorShare }) => errorShare,
  ),
  plain(
    "response_time_seconds",
    "Mean response time of a pool's requests over the last few samples, where it reads one; else of the last probes, where it probes.",
    ({ responseMs }) => (responseMs === undefined ? undefined : responseMs / 1_000),
  ),
  plain(
    "connections",
    "Open connections of a pool's ready pods, where the pool reads them. A pod that is not measured adds none.",
    ({ connections }) => connections,
  ),
  byFigure(
    "spread_ratio",
    "How unevenly a figure lies on a pool's endpoints: its standard deviation divided by its mean, 0 being even. Of connections, load and requests.",
    ({ spread }) => ({ ...spread }),
  ),
  byFigure(
    "fullest_pod_share_ratio",
    "Share of a pool's connections, or requests, that the endpoint with the most of them has. Even is 1 divided by the number of those that are measured.",
    ({ fullestShare }) => ({ ...fullestShare }),
  ),
];
