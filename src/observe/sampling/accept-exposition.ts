import type { HttpSource } from "../../api/sources/http.ts";

const classic = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.8,text/plain;q=0.5,*/*;q=0.1";

const utf8 = [
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.9",
  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.8",
  "application/openmetrics-text;version=1.0.0;q=0.7",
  "text/plain;version=0.0.4;q=0.6",
  "text/plain;q=0.5",
  "*/*;q=0.1",
].join();

const isClassic = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);

/**
 * What a pod is asked for: OpenMetrics, or text. Names as Prometheus 3 has them are asked for where the source has one
 * that is no other's: who is not asked so has underscores in their place, and a source that reads those goes on to.
 */
export function acceptExposition({ connections, load, requests, responseTime, errors }: HttpSource): string {
  const series = [connections, load, requests, responseTime, errors].filter((given) => given !== undefined);
  const minus = [connections?.minus, load?.minus].filter((given) => given !== undefined);
  const labels = series.flatMap(({ matchLabels, match }) => Object.keys({ ...matchLabels, ...match }));
  return [...series.map(({ name }) => name), ...minus, ...labels].every(isClassic) ? classic : utf8;
}
