import { conditionOf, containersOf } from "../kinds/pod.ts";
import { isObject, type JsonObject, listOf, objectOf } from "../object/json.ts";
import { type StoredObject, timestamp } from "../object/stored-object.ts";
import type { EndedRun, ProgramRun } from "../pod-runtime.ts";

/** What a pod runner knows of a pod. */
export type PodState =
  | { readonly phase: "Scheduled" }
  | {
      readonly phase: "Running";
      readonly podIP: string;
      readonly hostIP: string;
      readonly isReady: boolean;
      readonly program?: ProgramRun | undefined;
    }
  | { readonly phase: "Failing"; readonly reason: string; readonly message: string };

/** A pod's status as its state is now. */
export function podStatus(pod: StoredObject, state: PodState, nowMs: number): JsonObject {
  const now = timestamp(nowMs);
  const status = objectOf(pod.status);
  const condition = (type: string, holds: boolean): JsonObject => {
    const before = conditionOf(pod, type);
    const value = holds ? "True" : "False";
    const since = before?.status === value ? before.lastTransitionTime : now;
    const reason = holds || state.phase === "Scheduled" ? undefined : "ContainersNotReady";
    return { type, status: value, lastTransitionTime: since, reason };
  };
  const isReady = state.phase === "Running" && state.isReady;
  const conditions =
    state.phase === "Scheduled"
      ? [condition("PodScheduled", true)]
      : [
          condition("Initialized", true),
          condition("Ready", isReady),
          condition("ContainersReady", isReady),
          condition("PodScheduled", true),
        ];
  if (state.phase === "Scheduled") return { ...status, conditions };
  const startTime = status.startTime ?? now;
  const containerStatuses = containersOf(pod.spec).map((container) => containerStatus(pod, container, state, now));
  if (state.phase === "Failing") return { ...status, phase: "Pending", conditions, startTime, containerStatuses };
  const { podIP, hostIP } = state;
  return {
    ...status,
    phase: "Running",
    conditions,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime,
    containerStatuses,
  };
}

function containerStatus(pod: StoredObject, { name, image }: JsonObject, state: PodState, now: string): JsonObject {
  const known = listOf(objectOf(pod.status).containerStatuses).filter(isObject);
  const before = known.find((status) => status.name === name);
  const restartCount = before?.restartCount ?? 0;
  const common = { name, image, imageID: "", restartCount };
  if (state.phase !== "Running") {
    const { reason, message } = state.phase === "Failing" ? state : { reason: "ContainerCreating", message: undefined };
    return { ...common, ready: false, started: false, state: { waiting: { reason, message } } };
  }
  const { program, isReady } = state;
  const running = objectOf(objectOf(before?.state).running);
  const startedAt = program ? timestamp(program.startedAt) : (running.startedAt ?? now);
  const waiting = program?.waiting && { reason: "CrashLoopBackOff", message: program.waiting };
  return {
    ...common,
    restartCount: program?.restarts ?? restartCount,
    ready: isReady,
    started: !waiting,
    state: waiting ? { waiting } : { running: { startedAt } },
    ...(program?.ended && { lastState: { terminated: terminated(program.ended) } }),
  };
}

const terminated = ({ exitCode, signal, startedAt, finishedAt }: EndedRun): JsonObject => ({
  exitCode,
  signal,
  reason: exitCode === 0 ? "Completed" : "Error",
  startedAt: timestamp(startedAt),
  finishedAt: timestamp(finishedAt),
});
