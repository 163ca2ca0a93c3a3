import { expect } from "vitest";
import { type Probe, probe } from "../../../src/api/probe.ts";
import type { Probed } from "../../../src/decide/membership/probing.ts";
import { createProbe } from "../../../src/observe/probes/probe.ts";
import type { FakePod } from "../sampling/fake-pods.ts";

/** Long enough for a busy machine, short enough for those that hang. */
export const timeoutMs = 700;

/** Probes the one port of a fake pod once. */
export function probeOnce(
  { pod }: Pick<FakePod, "pod">,
  spec: Partial<Omit<Probe, "interval" | "timeout">> & Pick<Probe, "type">,
  signal = new AbortController().signal,
): Promise<Probed> {
  const parsed = probe.parse({ timeout: `${timeoutMs}ms`, ...spec });
  return createProbe(parsed)({ kind: "dial", address: pod.addresses[0]!, port: pod.ports[0]!.port }, signal);
}

export const failed = (failure: string) => ({ kind: "failed", failure });

/** A probe that was answered, within its time. */
export const answered = { kind: "answered", responseMs: expect.any(Number) };
