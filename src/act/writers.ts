import type { EventRecorder } from "../kube/events.ts";
import type { Objects } from "../kube/objects.ts";
import type { Transport } from "../kube/transport.ts";
import type { KubeLog } from "../kube/types.ts";
import { Actor } from "./act.ts";
import { DeletionCosts } from "./deletion-costs.ts";
import type { Fence, PoolIdentity } from "./fence.ts";
import { Publisher, type SliceOperation } from "./publisher.ts";
import { Scales } from "./scales.ts";
import { Services } from "./service.ts";
import { Slices } from "./slices.ts";
import { Statuses } from "./statuses.ts";

export interface WritersOptions {
  readonly fence: Fence;
  readonly transport: Transport;
  readonly objects: Objects;
  readonly recorder: EventRecorder;
  readonly onSliceWritten: (operation: SliceOperation) => void;
  readonly onScaleWritten: (pool: PoolIdentity) => void;
  readonly onStatusWritten: () => void;
  readonly log: KubeLog;
}

/** All that writes, and what passes ask of it: slices and status are known from here, be they written and not seen yet. */
export interface Writers {
  readonly actor: Actor;
  readonly costs: DeletionCosts;
  readonly services: Services;
  readonly slices: Slices;
  readonly statuses: Statuses;
}

export function createWriters({ transport, objects, onSliceWritten: onWrite, ...options }: WritersOptions): Writers {
  const { fence } = options;
  const slices = new Slices(fence);
  const known = {
    slices,
    services: new Services(fence, objects),
    costs: new DeletionCosts(fence, objects),
    statuses: new Statuses(fence, objects),
  };
  const publisher = new Publisher({ objects, slices, onWrite });
  const actor = new Actor({ ...options, ...known, publisher, scales: new Scales(fence, transport) });
  return { actor, ...known };
}
