import type { Pool, SampleFailure } from "./world.ts";

/** What to look at when pods cannot be measured; undefined where the failure says all there is to say. */
export function remedyOf({ spec: { metrics } }: Pool, failure: SampleFailure): string | undefined {
  const { http, json } = metrics?.source ?? {};
  const read = http ?? json;
  const field = `spec.metrics.source.${http ? "http" : "json"}`;
  switch (failure) {
    case "PortNotDeclared":
      return read && `Check ${field}.port: no container declares ${read.port}.`;
    case "ConnectFailed":
      return read && `Check ${field}.port: nothing answers on ${read.port}.`;
    case "StatusNotOk":
    case "Redirected":
    case "Malformed":
      return read && `Check ${field}.path: ${read.path}.`;
    case "MetricMissing":
      return http ? `Check the names and labels in ${field}.` : json && `Check the pointers in ${field}.`;
    case "NoCpuRequest":
      return "Give the containers CPU requests, or set spec.metrics.source.resource.capacity.";
    case "SourceUnavailable":
      return "Check that metrics.k8s.io is served: it needs metrics-server.";
    case "NotReported":
      return "Check that clients report: PUT /v1/pools/NAMESPACE/NAME/connections.";
    default:
      return undefined;
  }
}
