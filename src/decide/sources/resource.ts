import type { SourceFacts } from "./facts.ts";

/** metrics.k8s.io serves windows that are up to this old even when all is well. */
const delayMs = 90_000;
/** Length of a window that does not tell its own. */
const windowMs = 30_000;

const facts: SourceFacts = {
  latenessMs: delayMs,
  holdMs: delayMs,
  windowMs,
  steersPicks: true,
  canHurry: false,
  remedyOf({ failure }) {
    switch (failure) {
      case "MetricMissing":
        return "metrics.k8s.io tells nothing of the pod yet: it takes a minute or two to know a new one.";
      case "NoCpuRequest":
        return "Give the containers CPU requests, or set spec.metrics.source.resource.capacity.";
      case "SourceUnavailable":
        return "Check that metrics.k8s.io is served, for which there is metrics-server, and that the operator may list pods.metrics.k8s.io.";
      default:
        return undefined;
    }
  },
};

/** CPU use from metrics.k8s.io. */
export const resource = (): SourceFacts => facts;
