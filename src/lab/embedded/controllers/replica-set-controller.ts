import { conditionOf, isFinished, isReady, pods } from "../kinds/pod.ts";
import { replicaSets } from "../kinds/workload.ts";
import { type JsonObject, objectOf, valueAt } from "../object/json.ts";
import { keyOf, objectKey, type StoredObject } from "../object/stored-object.ts";
import { type ControlLoop, type ControllerContext, controlledBy, controllerOf, splitKey } from "./context.ts";
import { orderVictims } from "./victims.ts";
import { WorkQueue } from "./work-queue.ts";

const component = "replicaset-controller";
const manager = "kube-controller-manager";

/** Pods made in one go: the server answers others in between. */
const burst = 50;

const readySince = (pod: StoredObject): string => String(conditionOf(pod, "Ready")?.lastTransitionTime ?? "");

/** Keeps as many pods of each ReplicaSet as its spec says, and its status as its pods are. */
export function runReplicaSetController({ registry, events, onError }: ControllerContext): ControlLoop {
  const queue = new WorkQueue(sync, onError);
  const unlisten = [
    registry.store.listen(replicaSets.table, ({ object }) => queue.add(keyOf(object))),
    registry.store.listen(pods.table, ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === "ReplicaSet") queue.add(objectKey(object.metadata.namespace, owner.name));
    }),
  ];

  function sync(key: string): void {
    const { namespace, name } = splitKey(key);
    const set = registry.find(replicaSets, namespace, name);
    if (!set || set.metadata.deletionTimestamp !== undefined) return;
    const owned = registry.list(pods, namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
    const active = owned.filter((pod) => pod.metadata.deletionTimestamp === undefined && !isFinished(pod));
    const wanted = Number(valueAt(set, "spec", "replicas") ?? 1);
    const missing = wanted - active.length;
    for (let made = 0; made < Math.min(missing, burst); made++) createPod(set);
    for (const victim of orderVictims(active, registry.now()).slice(0, Math.max(0, -missing))) deletePod(set, victim);
    if (missing > burst) queue.add(key);
    writeStatus(set, active);
  }

  function createPod(set: StoredObject): void {
    const { namespace, name } = set.metadata;
    const template = objectOf(valueAt(set, "spec", "template"));
    const { labels, annotations } = objectOf(template.metadata);
    const metadata = { generateName: `${name}-`, namespace, labels, annotations, ownerReferences: [controlledBy(set)] };
    const body = { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec } as StoredObject;
    const pod = registry.create(pods, namespace, body, { manager });
    events.record(component, set, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
  }

  function deletePod(set: StoredObject, { metadata: { namespace, name = "", uid } }: StoredObject): void {
    registry.delete(pods, namespace, name, { uid });
    events.record(component, set, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  }

  function writeStatus(set: StoredObject, active: readonly StoredObject[]): void {
    const now = registry.now();
    const minReadyMs = Number(valueAt(set, "spec", "minReadySeconds") ?? 0) * 1000;
    const ready = active.filter(isReady);
    const waits = ready.map((pod) => Date.parse(readySince(pod)) + minReadyMs - now);
    const soonest = Math.min(...waits.filter((wait) => minReadyMs > 0 && wait > 0));
    if (Number.isFinite(soonest)) queue.addAfter(keyOf(set), soonest);
    const count = (number: number) => (number === 0 ? undefined : number);
    const status: JsonObject = {
      replicas: active.length,
      fullyLabeledReplicas: count(active.length),
      readyReplicas: count(ready.length),
      availableReplicas: count(waits.filter((wait) => minReadyMs === 0 || wait <= 0).length),
      observedGeneration: set.metadata.generation,
    };
    const { namespace, name = "" } = set.metadata;
    const options = { manager, subresource: "status" };
    registry.update(replicaSets, namespace, name, (current) => ({ ...current, status }), options);
  }

  return {
    close: async () => {
      for (const stop of unlisten) stop();
      queue.close();
    },
  };
}
