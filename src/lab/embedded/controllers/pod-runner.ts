import { pods } from "../kinds/pod.ts";
import { valueAt, withValueAt } from "../object/json.ts";
import { keyOf, type StoredObject } from "../object/stored-object.ts";
import type { PodRuntime, ProgramRun } from "../pod-runtime.ts";
import { type ControlLoop, type ControllerContext, splitKey } from "./context.ts";
import { type PodState, podStatus } from "./pod-status.ts";
import { WorkQueue } from "./work-queue.ts";

const kubelet = "kubelet";
const scheduler = "default-scheduler";
const retryMs = 1_000;

type Report = Parameters<PodRuntime["start"]>[1];

interface Run {
  readonly pod: StoredObject;
  podIP: string | undefined;
  isReady: boolean;
  program: ProgramRun | undefined;
  isStopping: boolean;
  /** Resolves when the runtime has started it, or could not. */
  started: Promise<void>;
}

/** Binds every pod to the one node there is, runs it there, and ends it when it is deleted. */
export function runPods(
  { registry, events, onError }: ControllerContext,
  runtime: PodRuntime,
  node: { readonly name: string; readonly address: string },
): ControlLoop {
  const queue = new WorkQueue(sync, onError, retryMs);
  const runs = new Map<string, Run>();
  const tasks = new Set<Promise<void>>();
  const unlisten = registry.store.listen(pods.table, ({ object }) => queue.add(keyOf(object)));

  const inBackground = (task: Promise<void>) => {
    const tracked = task.catch(onError).finally(() => tasks.delete(tracked));
    tasks.add(tracked);
  };

  function sync(key: string): void {
    const { namespace, name } = splitKey(key);
    const pod = registry.find(pods, namespace, name);
    const run = runs.get(key);
    if (run && run.pod.metadata.uid !== pod?.metadata.uid) {
      if (!run.isStopping) inBackground(stop(key, run, 0));
      return;
    }
    if (!pod) return;
    if (pod.metadata.deletionTimestamp !== undefined) end(key, pod, run);
    else if (!valueAt(pod, "spec", "nodeName")) bind(pod);
    else if (valueAt(pod, "spec", "nodeName") === node.name && !run) begin(key, pod);
  }

  function bind(pod: StoredObject): void {
    const { namespace, name = "" } = pod.metadata;
    const assign = (current: StoredObject) => withValueAt(current, ["spec", "nodeName"], node.name) as StoredObject;
    registry.update(pods, namespace, name, assign, { manager: scheduler, subresource: "binding" });
    writeState(pod, { phase: "Scheduled" });
    const message = `Successfully assigned ${namespace}/${name} to ${node.name}`;
    events.record(scheduler, pod, "Normal", "Scheduled", message);
  }

  function begin(key: string, pod: StoredObject): void {
    const run: Run = {
      pod,
      podIP: undefined,
      isReady: false,
      program: undefined,
      isStopping: false,
      started: Promise.resolve(),
    };
    runs.set(key, run);
    const report: Report = (isReady, program) => {
      const before = run.program;
      run.isReady = isReady;
      run.program = program;
      if (run.isStopping) return;
      writeRunning(run);
      if (program?.waiting) events.record(kubelet, pod, "Warning", "BackOff", "Back-off restarting failed container");
      else if (before && program && program.restarts > before.restarts)
        events.record(kubelet, pod, "Normal", "Started", "Started containers");
    };
    run.started = start(key, run, report);
    inBackground(run.started);
  }

  async function start(key: string, run: Run, report: Report): Promise<void> {
    try {
      run.podIP = (await runtime.start(run.pod, report)).podIP;
      if (run.isStopping) return;
      writeRunning(run);
      events.record(kubelet, run.pod, "Normal", "Started", "Started containers");
    } catch (error) {
      if (runs.get(key) === run) runs.delete(key);
      const message = error instanceof Error ? error.message : String(error);
      writeState(run.pod, { phase: "Failing", reason: "RunContainerError", message });
      events.record(kubelet, run.pod, "Warning", "Failed", `Error: ${message}`);
      queue.addAfter(key, retryMs);
    }
  }

  function end(key: string, pod: StoredObject, run: Run | undefined): void {
    if (run?.isStopping) return;
    if (!run) {
      confirm(pod);
      return;
    }
    events.record(kubelet, pod, "Normal", "Killing", "Stopping containers");
    inBackground(stop(key, run, (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000));
  }

  async function stop(key: string, run: Run, graceMs: number): Promise<void> {
    run.isStopping = true;
    // A runtime has nothing to stop before it has started: what came after that would stay.
    await run.started.catch(() => undefined);
    await runtime.stop(run.pod, graceMs);
    if (runs.get(key) === run) runs.delete(key);
    confirm(run.pod);
    queue.add(key);
  }

  /** Tells the API server that nothing of a deleted pod runs any more. */
  function confirm({ metadata: { namespace, name = "", uid } }: StoredObject): void {
    const current = registry.find(pods, namespace, name);
    if (current?.metadata.uid !== uid || current?.metadata.deletionTimestamp === undefined) return;
    registry.delete(pods, namespace, name, { uid, gracePeriodSeconds: 0 });
  }

  function writeRunning({ pod, podIP, isReady, program }: Run): void {
    if (podIP !== undefined) writeState(pod, { phase: "Running", podIP, hostIP: node.address, isReady, program });
  }

  function writeState({ metadata: { namespace, name = "", uid } }: StoredObject, state: PodState): void {
    const current = registry.find(pods, namespace, name);
    if (current?.metadata.uid !== uid) return;
    const change = (pod: StoredObject) => ({ ...pod, status: podStatus(pod, state, registry.now()) });
    registry.update(pods, namespace, name, change, { manager: kubelet, subresource: "status" });
  }

  return {
    close: async () => {
      unlisten();
      queue.close();
      for (const [key, run] of runs) if (!run.isStopping) inBackground(stop(key, run, 0));
      while (tasks.size > 0) await Promise.all(tasks);
    },
  };
}
