import { expect } from "vitest";
import { type Probe, probe } from "../../../src/api/probe.ts";
import type { Probed } from "../../../src/decide/membership/probing.ts";
import { createProbe } from "../../../src/observe/probes/probe.ts";
import type { Credential } from "../../../src/pods/greeting.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";
import type { FakePod } from "../sampling/fake-pods.ts";

/** What is given to those that do not answer; the others have as long as the machine needs. */
export const shortMs = 200;

/** Probes the one port of a fake pod once. */
export function probeOnce(
  { pod }: Pick<FakePod, "pod">,
  spec: Partial<Omit<Probe, "interval" | "timeout">> & Pick<Probe, "type">,
  {
    signal = new AbortController().signal,
    timeoutMs = patienceMs,
    credential,
  }: {
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
    readonly credential?: Credential;
  } = {},
): Promise<Probed> {
  return createProbe({ ...probe.parse(spec), timeout: timeoutMs })(
    { kind: "dial", address: pod.addresses[0]!, port: pod.ports[0]!.port },
    signal,
    undefined,
    credential,
  );
}

export const failed = (failure: string) => ({ kind: "failed", failure });

/** A probe that was answered, within its time. */
export const answered = { kind: "answered", responseMs: expect.any(Number) };
