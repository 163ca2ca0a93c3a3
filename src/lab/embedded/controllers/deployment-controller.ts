import { deployments, replicaSets } from "../kinds/workload.ts";
import { isList, isObject, type JsonObject, objectOf, valueAt } from "../object/json.ts";
import { keyOf, objectKey, type StoredObject, timestamp } from "../object/stored-object.ts";
import { type ControlLoop, type ControllerContext, controlledBy, controllerOf, splitKey } from "./context.ts";
import {
  boundsOf,
  hashLabel,
  hasTemplateOf,
  nextForNew,
  nextForOld,
  replicasOf,
  statusCount,
  sum,
  templateHash,
} from "./rollout.ts";
import { WorkQueue } from "./work-queue.ts";

const component = "deployment-controller";
const manager = "kube-controller-manager";
const revisionAnnotation = "deployment.kubernetes.io/revision";

const revisionOf = ({ metadata }: StoredObject): number => Number(metadata.annotations?.[revisionAnnotation] ?? 0);

/** Keeps a ReplicaSet for each template a Deployment has had, and moves the replicas to the newest. */
export function runDeploymentController({ registry, events, onError }: ControllerContext): ControlLoop {
  const queue = new WorkQueue(sync, onError);
  const unlisten = [
    registry.store.listen(deployments.table, ({ object }) => queue.add(keyOf(object))),
    registry.store.listen(replicaSets.table, ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === "Deployment") queue.add(objectKey(object.metadata.namespace, owner.name));
    }),
  ];

  function sync(key: string): void {
    const { namespace, name } = splitKey(key);
    const deployment = registry.find(deployments, namespace, name);
    if (!deployment || deployment.metadata.deletionTimestamp !== undefined) return;
    const owned = ownedSets(deployment);
    const found = owned.find((set) => hasTemplateOf(set, deployment));
    const isPaused = valueAt(deployment, "spec", "paused") === true;
    const fresh = found ?? (isPaused ? undefined : createSet(deployment, owned));
    if (fresh) {
      const old = owned.filter((set) => set.metadata.uid !== fresh.metadata.uid);
      if (!isPaused) {
        takeRevision(deployment, fresh, old);
        move(deployment, fresh, old);
      }
      forgetOld(deployment, old);
    }
    writeStatus(deployment);
  }

  function ownedSets(deployment: StoredObject): StoredObject[] {
    const { namespace, uid } = deployment.metadata;
    return registry.list(replicaSets, namespace).filter((set) => controllerOf(set)?.uid === uid);
  }

  function createSet(deployment: StoredObject, owned: readonly StoredObject[]): StoredObject {
    const spec = objectOf(deployment.spec);
    const template = objectOf(spec.template);
    const hash = templateHash(template);
    const labels = { ...objectOf(valueAt(template, "metadata", "labels")), [hashLabel]: hash };
    const selector = objectOf(spec.selector);
    const { namespace, name } = deployment.metadata;
    const body: StoredObject = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name: `${name}-${hash}`,
        labels: labels as Record<string, string>,
        annotations: { [revisionAnnotation]: String(Math.max(0, ...owned.map(revisionOf)) + 1) },
        ownerReferences: [controlledBy(deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds: spec.minReadySeconds,
        selector: { ...selector, matchLabels: { ...objectOf(selector.matchLabels), [hashLabel]: hash } },
        template: { ...template, metadata: { ...objectOf(template.metadata), labels } },
      },
    };
    return registry.create(replicaSets, namespace, body, { manager });
  }

  /** Gives the current template the highest revision, on its ReplicaSet and on the Deployment. */
  function takeRevision(deployment: StoredObject, fresh: StoredObject, old: readonly StoredObject[]): void {
    const revision = Math.max(revisionOf(fresh), ...old.map((set) => revisionOf(set) + 1), 1);
    const annotate = (object: StoredObject): StoredObject => ({
      ...object,
      metadata: {
        ...object.metadata,
        annotations: { ...object.metadata.annotations, [revisionAnnotation]: String(revision) },
      },
    });
    const { namespace, name = "" } = deployment.metadata;
    registry.update(replicaSets, namespace, fresh.metadata.name ?? "", annotate, { manager });
    registry.update(deployments, namespace, name, annotate, { manager });
  }

  function move(deployment: StoredObject, fresh: StoredObject, old: readonly StoredObject[]): void {
    const scaled = scaleSet(deployment, fresh, nextForNew(deployment, fresh, old));
    const isRecreate = valueAt(deployment, "spec", "strategy", "type") === "Recreate";
    const running = old.filter((set) => replicasOf(set) > 0);
    if (isRecreate) for (const set of running) scaleSet(deployment, set, 0);
    else for (const [set, replicas] of nextForOld(deployment, scaled, running)) scaleSet(deployment, set, replicas);
  }

  function scaleSet(deployment: StoredObject, set: StoredObject, replicas: number): StoredObject {
    const before = replicasOf(set);
    if (before === replicas) return set;
    const { namespace, name = "" } = set.metadata;
    const scale = (current: StoredObject) => ({ ...current, spec: { ...objectOf(current.spec), replicas } });
    const scaled = registry.update(replicaSets, namespace, name, scale, { manager });
    const direction = replicas > before ? "up" : "down";
    const message = `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`;
    events.record(component, deployment, "Normal", "ScalingReplicaSet", message);
    return scaled;
  }

  function forgetOld(deployment: StoredObject, old: readonly StoredObject[]): void {
    const limit = Number(valueAt(deployment, "spec", "revisionHistoryLimit") ?? 10);
    const idle = old.filter((set) => replicasOf(set) === 0 && statusCount(set, "replicas") === 0);
    const oldest = idle.toSorted((left, right) => revisionOf(left) - revisionOf(right));
    for (const { metadata } of oldest.slice(0, Math.max(0, idle.length - limit))) {
      registry.delete(replicaSets, metadata.namespace, metadata.name ?? "");
    }
  }

  function writeStatus(deployment: StoredObject): void {
    const sets = ownedSets(deployment);
    const fresh = sets.find((set) => hasTemplateOf(set, deployment));
    const total = (count: string) => sum(sets.map((set) => statusCount(set, count)));
    const available = total("availableReplicas");
    const updated = fresh ? statusCount(fresh, "replicas") : 0;
    const desired = replicasOf(deployment);
    const isComplete = updated === desired && total("replicas") === desired && available === desired;
    const isAvailable = available >= desired - boundsOf(deployment).unavailable;
    const set = fresh?.metadata.name ?? "";
    const nonzero = (count: number) => (count === 0 ? undefined : count);
    const status: JsonObject = {
      observedGeneration: deployment.metadata.generation,
      replicas: nonzero(total("replicas")),
      updatedReplicas: nonzero(updated),
      readyReplicas: nonzero(total("readyReplicas")),
      availableReplicas: nonzero(available),
      unavailableReplicas: nonzero(Math.max(0, sum(sets.map(replicasOf)) - available)),
      conditions: [
        condition(
          deployment,
          "Available",
          isAvailable,
          isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
          isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
        ),
        condition(
          deployment,
          "Progressing",
          true,
          isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
          `ReplicaSet "${set}" ${isComplete ? "has successfully progressed" : "is progressing"}.`,
        ),
      ],
    };
    const { namespace, name = "" } = deployment.metadata;
    const options = { manager, subresource: "status" };
    registry.update(deployments, namespace, name, (current) => ({ ...current, status }), options);
  }

  /** A condition whose times only move when it does. */
  function condition(
    deployment: StoredObject,
    type: string,
    holds: boolean,
    reason: string,
    message: string,
  ): JsonObject {
    const known = valueAt(deployment, "status", "conditions");
    const before = isList(known) ? known.filter(isObject).find((old) => old.type === type) : undefined;
    const status = holds ? "True" : "False";
    const now = timestamp(registry.now());
    const isSame = before?.status === status && before.reason === reason && before.message === message;
    return {
      type,
      status,
      lastUpdateTime: isSame ? before.lastUpdateTime : now,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
      reason,
      message,
    };
  }

  return {
    close: async () => {
      for (const stop of unlisten) stop();
      queue.close();
    },
  };
}
