import type { ResourceSource } from "../../api/sources/resource.ts";
import type { Failing, SourceFacts } from "./facts.ts";

/** metrics.k8s.io serves windows that are up to this old even when all is well. */
const delayMs = 90_000;
/** Length of a window that does not tell its own. */
const windowMs = 30_000;

const field = "spec.metrics.source.resource";

function remedyOf({ failure }: Failing, { container }: ResourceSource): string | undefined {
  const whose = container === undefined ? "Give the containers" : `Give container ${container}`;
  switch (failure) {
    case "MetricMissing":
      return "metrics.k8s.io tells nothing of the pod yet: it takes a minute or two to know a new one.";
    case "NoCpuRequest":
      return `${whose} CPU requests, or set ${field}.capacity.`;
    case "NoMemoryRequest":
      return `${whose} memory requests, or set ${field}.capacity.`;
    case "ContainerMissing":
      return `Check ${field}.container: no container that runs as long as its pod does is called ${container}.`;
    case "SourceUnavailable":
      return "Check that metrics.k8s.io is served, for which there is metrics-server, and that the operator may list pods.metrics.k8s.io.";
    default:
      return undefined;
  }
}

/** Use of CPU or memory from metrics.k8s.io. */
export const resource = (spec: ResourceSource): SourceFacts => ({
  latenessMs: delayMs,
  holdMs: delayMs,
  windowMs,
  steersPicks: true,
  canHurry: false,
  remedyOf: (failing) => remedyOf(failing, spec),
});
