import { defined } from "../../api/defined.ts";
import type { Belonging } from "../../decide/world.ts";
import type { SeenPod } from "../cluster/project.ts";
import type { ControllerRef, Owners } from "./owners.ts";

/** The workload that pods may belong to. */
export interface Owning {
  readonly apiVersion: string;
  readonly kind: string;
  readonly uid: string;
  readonly namespace: string;
  /** When it was first seen, monotonic milliseconds. */
  readonly seenSince: number;
}

/** Longer chains are cut: nobody builds them, and a circle ends here too. */
const maxControllers = 8;

const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? apiVersion.split("/")[0]! : "");

/** Kinds whose pods no workload counts as its replicas: they run to an end, or one on each node. */
const isApart = ({ apiVersion, kind }: ControllerRef): boolean => {
  const group = groupOf(apiVersion);
  return (
    (group === "batch" && (kind === "Job" || kind === "CronJob")) ||
    (group === "apps" && kind === "DaemonSet") ||
    (group === "" && kind === "Node")
  );
};

/** What lies between a workload of Kubernetes and its pods; of other kinds anything may. */
function mayBeBetween(workload: Owning, { apiVersion, kind }: ControllerRef): boolean {
  if (groupOf(workload.apiVersion) !== "apps") return true;
  return workload.kind === "Deployment" && groupOf(apiVersion) === "apps" && kind === "ReplicaSet";
}

/**
 * Whether pods are the workload's own, by the controllers that their owner references name, one after the other up to the
 * workload. What is selected is not owned: a label is a claim that anybody can make.
 */
export function belongingOf(workload: Owning, owners: Pick<Owners, "controllerOf">): (pod: SeenPod) => Belonging {
  // Pods of one controller share the way from there on.
  const known = new Map<string, Belonging>();
  return ({ controller }) => {
    if (!controller) return { kind: "foreign" };
    const before = known.get(controller.uid);
    if (before) return before;
    const found = follow(controller, workload, owners);
    known.set(controller.uid, found);
    return found;
  };
}

function follow(first: ControllerRef, workload: Owning, owners: Pick<Owners, "controllerOf">): Belonging {
  const controllers: ControllerRef[] = [];
  let next: ControllerRef | undefined = first;
  while (next) {
    if (next.uid === workload.uid) return { kind: "own", controllers };
    controllers.push(next);
    if (isApart(next) || !mayBeBetween(workload, next) || controllers.length === maxControllers) break;
    // One that was read before the workload was there may have been handed to it since.
    const answer = owners.controllerOf(next, workload.namespace, workload.seenSince);
    if (answer.kind === "unread") return { kind: "unread", ...defined({ problem: answer.problem }) };
    next = answer.controller;
  }
  return { kind: "foreign", controller: controllers.at(-1)! };
}
