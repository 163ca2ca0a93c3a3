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
    "Requests per second that a pool's ready pods completed over their last few samples, if the pool counts them. A pod that is not measured adds none.",
    ({ requests }) => requests,
  ),
  plain(
    "error_ratio",
    "Share of a pool's requests that failed over the last few samples, if the pool counts errors and there were requests.",
    ({ errorShare }) => errorShare,
  ),
  plain(
    "response_time_seconds",
    "Mean response time of a pool's requests over the last few samples. If the pool reads none, that of its last probes.",
    ({ responseMs }) => (responseMs === undefined ? undefined : responseMs / 1_000),
  ),
  plain(
    "connections",
    "Open connections of a pool's ready pods, if the pool reads them. A pod that is not measured adds none.",
    ({ connections }) => connections,
  ),
  byFigure(
    "spread_ratio",
    "How unevenly connections, load or requests are spread over a pool's endpoints: the standard deviation divided by the mean. 0 is even.",
    ({ spread }) => ({ ...spread }),
  ),
  byFigure(
    "fullest_pod_share_ratio",
    "Share of a pool's connections or requests that the endpoint with the most has. Even is 1 divided by the number of measured endpoints.",
    ({ fullestShare }) => ({ ...fullestShare }),
  ),
];
