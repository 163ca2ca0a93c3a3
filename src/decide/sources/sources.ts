import type { Metrics } from "../../api/metrics.ts";
import type { Source, SourceType } from "../../api/sources/sources.ts";
import type { SourceFacts, SourceTimes } from "./facts.ts";
import { http, json, ofTheMoment } from "./over-http.ts";
import { push } from "./push.ts";
import { query } from "./query.ts";
import { resource } from "./resource.ts";

/** Every source by the name that users write; the compiler checks that none is missing. */
const sources: { readonly [T in SourceType]: (spec: Source<T>["spec"], times: SourceTimes) => SourceFacts } = {
  http,
  json,
  resource,
  query,
  push,
};

const ofSource = <T extends SourceType>({ type, spec }: Source<T>, times: SourceTimes): SourceFacts =>
  sources[type](spec, times);

const noMetrics: Partial<Metrics> = {};

/** Made once for each spec: they are asked for with every pod. */
const known = new WeakMap<Partial<Metrics>, SourceFacts>();

/** Of a pool's source; where a probe is all there is, of the probe. */
export function factsOf(metrics: Partial<Metrics> = noMetrics): SourceFacts {
  const made = known.get(metrics);
  if (made) return made;
  const { source, timeout = 0, interval = 0 } = metrics;
  const facts = source
    ? ofSource(source, { timeoutMs: timeout, intervalMs: interval })
    : { ...ofTheMoment(timeout), remedyOf: () => undefined };
  known.set(metrics, facts);
  return facts;
}
