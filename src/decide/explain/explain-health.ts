import type { PoolHealth } from "../planned.ts";
import { inWords } from "../samples/findings.ts";
import type { HealthExplanation } from "./explanation.ts";

/** Pods by name and findings in words. */
export const explainHealth = ({ expected, probed, unhealthy, refused }: PoolHealth): HealthExplanation => ({
  expected,
  probed,
  unhealthy: unhealthy.map(({ pod, why, isAside, finding }) => ({ pod: pod.name, why, isAside, ...inWords(finding) })),
  refused: refused.map(({ finding, ...counted }) => ({ ...counted, ...inWords(finding) })),
});
