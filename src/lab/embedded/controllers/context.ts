import type { StoredObject, StoredOwnerReference } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";
import type { CoreEventRecorder } from "./event-recorder.ts";

/** What every controller works with. */
export interface ControllerContext {
  readonly registry: Registry;
  readonly events: CoreEventRecorder;
  /** Told of what a controller could not do, before it tries again. */
  readonly onError: (error: unknown) => void;
}

/** A controller that runs until it is closed. */
export interface ControlLoop {
  readonly close: () => Promise<void>;
}

export const splitKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
};

/** The owner that controls an object, if one does. */
export const controllerOf = ({ metadata }: StoredObject): StoredOwnerReference | undefined =>
  metadata.ownerReferences?.find((owner) => owner.controller === true);

/** The reference by which an owner controls what it made. */
export const controlledBy = ({ apiVersion, kind, metadata }: StoredObject): StoredOwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name ?? "",
  uid: metadata.uid ?? "",
  controller: true,
  blockOwnerDeletion: true,
});
