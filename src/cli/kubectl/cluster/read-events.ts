import { defined } from "../../../api/defined.ts";
import { kind } from "../../../api/pool.ts";
import { coreEvents, type KubeObject } from "../../../kube/types.ts";
import { type Failure, refusalToFailure } from "../failure.ts";
import type { OpenCluster } from "./open-cluster.ts";
import type { PoolObject } from "./pool-object.ts";

/** The part of an Event that is read. */
export interface EventObject extends KubeObject {
  readonly action?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
}

/** The Events about a pool, in no order; else why they cannot be read. */
export async function readEvents(
  { objects, signal }: OpenCluster,
  { metadata: { namespace, name, uid } }: PoolObject,
): Promise<readonly EventObject[] | Failure> {
  const about = { kind, name, ...defined({ uid }) };
  const fieldSelector = Object.entries(about)
    .map(([field, value]) => `involvedObject.${field}=${value}`)
    .join();
  const outcome = await objects.list<EventObject>(coreEvents, namespace, { fieldSelector, signal });
  return outcome.kind === "ok" ? outcome.object : refusalToFailure(outcome, "Events cannot be listed");
}
