import { type Answer, answerText } from "./answer.ts";

/** Something that must hold for a process to be live or ready. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined when all is well, else what is wrong. */
  readonly check: () => string | undefined;
}

/** The result of all checks, written as Kubernetes writes its own; every failure is told, verbose or not. */
export function answerHealth(which: "livez" | "readyz", checks: readonly HealthCheck[], verbose: boolean): Answer {
  const results = checks.map(({ name, check }) => ({ name, reason: check() }));
  const healthy = results.every(({ reason }) => reason === undefined);
  if (healthy && !verbose) return answerText(200, "ok\n");
  const lines = results.map(({ name, reason }) =>
    reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`,
  );
  return answerText(healthy ? 200 : 503, [...lines, `${which} check ${healthy ? "passed" : "failed"}`, ""].join("\n"));
}
