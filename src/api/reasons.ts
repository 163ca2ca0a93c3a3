import type { PoolCondition } from "./status.ts";

// Every reason of a condition and of an Event, with what it means. A reason that is not here does not compile.

type Meanings = Readonly<Record<string, string>>;

const refused = { InvalidSpec: "The spec is refused. The pool continues with the last spec that was accepted." };
const ending = { PoolTerminating: "The pool is being deleted, and waits for a finalizer or for its Service." };

/** What is wrong with the workload; `Ready` says so whether or not pods take traffic meanwhile. */
const target = {
  TargetKindUnknown: "The cluster does not have the kind that `targetRef` names.",
  TargetNotScalable: "The kind that `targetRef` names has no scale subresource.",
  TargetUnknown: "The API server does not say whether it has the kind that `targetRef` names.",
  TargetNotFound: "There is no workload of the name that `targetRef` gives.",
  TargetWithoutSelector: "The workload's scale has no selector, so its pods are not known.",
  TargetForbidden: "The operator may not read the workload or its scale.",
  ScaleUnreadable: "The workload or its scale cannot be read.",
};

const service = {
  ServicePending: "The Service is being made.",
  ServiceReserved: "The name of the Service belongs to another list of the same pool.",
  ServiceTaken: "Another pool publishes on the Service.",
  ServiceTerminating: "The Service is being deleted.",
  ServiceIsExternalName: "The Service is of type ExternalName, which has no endpoints.",
  ServiceHasSelector: "The Service has a selector, so Kubernetes publishes its endpoints.",
  ServiceNotAllowed: "The Service was not made by the pool and does not let the pool in.",
  ServicePortMissing: "The Service lacks a port that the pool serves.",
  ServiceFamilyMissing: "The Service has no address family that the pods have.",
  ServiceUnseen: "The Service exists, and the operator has not seen yet whose it is.",
  ServiceContested: "Somebody changes the Service's ports again and again.",
  SliceNameTaken: "An EndpointSlice of somebody else has the name that the pool needs.",
  PublishRefused: "The API server refuses the Service or an EndpointSlice.",
  PublishFailed: "The Service or an EndpointSlice cannot be written.",
};

const nobody = {
  NoPods: "There is no pod yet.",
  NoReadyPods: "No pod takes traffic.",
};

const atWork = {
  LoadAboveLimit: "The average load is above `maxAverageLoad`: replicas are added.",
  ConnectionsAboveLimit: "The average number of connections is above `connectionsPerPod`: replicas are added.",
  LoadBelowLimit: "Fewer replicas carry the load: some are removed.",
  BelowMinimum: "There are fewer replicas than `minReplicas`: they are added.",
  WithinLimit: "The load is within the limit.",
  WaitingForPolls: "The load is above the limit, but not yet in enough polls in a row.",
  WaitingForWindow: "Fewer replicas would do, but not yet for as long as the window lasts.",
  AboveMaximum: "There are more replicas than `maxReplicas`, and the load may need them.",
  AtMaximum: "More replicas are needed, and `maxReplicas` is reached.",
  StepLimit: "More replicas must be added or removed than one period allows.",
  PodsOnTheirWay: "Pods that were added before are not ready yet.",
  PodsNotMeasured: "Some pods are not measured: none is added or removed on their account.",
  PodsWarmingUp: "Pods have not served for long enough for their figures to count.",
  TooFewFresh: "Fewer than half of the pods are measured: none is removed.",
  RolloutInProgress: "A rollout is under way: no pod is removed.",
  DrainedByHand: "Pods that are drained by hand are to stay.",
  SlicesNotWritten: "The endpoint slices cannot be written, so no pod that stays listed is removed.",
  Draining: "Pods are drained before they are removed.",
  DrainUndone: "A drain was given up, and its pods take traffic again.",
  OwnersPending: "It is not known yet which pods the workload owns.",
};

const notAtWork = {
  NotScaled: "The pool has no `spec.scaling`.",
  Paused: "`spec.scaling.mode` is `Paused`.",
  TargetMissing: "The workload is not there, or not read yet.",
  TargetTerminating: "The workload is being deleted.",
  TargetForbidden: target.TargetForbidden,
  ScaleUnreadable: target.ScaleUnreadable,
  ReplicasUnset: "Nobody has ever set the workload's replicas.",
  ScaledByAnother: "Another autoscaler or another pool scales the workload.",
  AutoscalersUnreadable: "It is not known whether another autoscaler scales the workload.",
  ScaledToZero: "The workload has 0 replicas, and a pool leaves it there.",
  ReportsUnauthenticated: "Anybody may report connections, so replicas do not follow them.",
  OwnersUnreadable: "The operator cannot read which pods the workload owns.",
  NoOwnPods: "The workload owns none of the pods that its selector matches.",
  NoSamples: "No pod has a fresh figure to scale by.",
  ScaleRefused: "The API server refuses the new scale.",
  ScaleFailed: "The new scale cannot be written.",
  ReplicasReset: "Somebody sets the replicas back each time.",
  DeletionCostRefused: "The API server refuses the deletion cost of a pod that is to be removed.",
  DeletionCostFailed: "The deletion cost of a pod that is to be removed cannot be written.",
};

/** Of every condition, the reasons for each of its statuses. */
export const conditionReasons = {
  Ready: {
    True: {
      EndpointsReady: "Endpoints take traffic.",
      PortsHeld: "Some pods lack a port, and keep those that they were published with.",
      PortNotDeclared: "Some pods lack a port, and take no traffic.",
      DrainRefused: "Pods that are marked to be drained take traffic, as no other pod is ready.",
      SelectorMoved: "Pods that the workload's selector no longer matches take traffic, as no other is ready.",
      ...target,
    },
    False: {
      ...nobody,
      ...refused,
      ...ending,
      ...target,
      ...service,
      PortNotDeclared: "No pod declares a port of the pool.",
      ForeignEndpointSlices: "Somebody else publishes endpoints on the pool's Service as well.",
    },
  },
  MetricsHealthy: {
    True: {
      NotNeeded: "The pool reads no metrics.",
      AllFresh: "Every pod has a fresh sample.",
      SomeNotFresh: "Some pods have no fresh sample, but fewer than half of them.",
      SomeRefused: "An extra metric is not a number, and is left out.",
      CredentialHeld: "The Secret gives no credential now, and pods are shown the one from before.",
    },
    False: { TooFewFresh: "Fewer than half of the pods have a fresh sample: weights and replicas are held." },
    Unknown: { ...nobody, ...refused, NotMeasuredYet: "No pod has been measured yet." },
  },
  ScalingActive: { True: atWork, False: { ...refused, ...ending, ...notAtWork } },
  PodsHealthy: {
    True: { AllHealthy: "No pod is down." },
    False: {
      SetAside: "Pods that do not answer their probe get no traffic.",
      TooManyUnhealthy: "Pods are down, and some stay, as too few would be left.",
      AllUnhealthy: "All pods are down, so none is set aside.",
      ProbeRefused: "Pods cannot be probed as the spec says.",
    },
    Unknown: { ...nobody, NotProbedYet: "No pod has been probed yet." },
  },
  WritersReady: {
    True: { AllWriters: "Writes go to all pods.", WritersFound: "Writes go to the pod that has the writers' labels." },
    False: {
      NoPods: "There is no pod to write to.",
      NoWriter: "No ready pod has the writers' labels.",
      WritersMissing: "Some pods are out of the write list.",
      WriterDraining: "The pod that takes writes is drained, and no other has the labels.",
      WriterUnhealthy: "The pod that takes writes does not answer its probe, and no other has the labels.",
      WriterIsStandby: "The pod that has the writers' labels says that it is a standby.",
      SeveralWriters: "Several pods have the writers' labels, and one of them is written to.",
      WriterUnknown: "Several pods have the writers' labels, and nobody knows which takes writes.",
    },
  },
  SplitPublished: {
    True: { Published: "The write list and the read list are on their Services." },
    False: { ...ending, ...service },
  },
  WeightsPublished: {
    True: { Written: "The weights are in the objects that `publish.to` names." },
    False: {
      TooManyPods: "There are more pods than the objects of `publish.to` can carry weights for.",
      IstioPending: "Istio's entries are not read yet.",
      IstioMissing: "The cluster does not have Istio's kinds.",
      IstioForbidden: "The operator may not read Istio's entries.",
      IstioUnreadable: "Istio's entries cannot be read.",
      IstioRefused: "The API server refuses an entry of Istio's.",
      IstioFailed: "An entry of Istio's cannot be written.",
      EntryNameTaken: "An entry of somebody else has the name that the pool needs.",
    },
  },
  Rebalancing: {
    True: { Asking: "Pods above their share are asked to close connections." },
    False: {
      NotImplemented: "Pods do not know the request to close connections.",
      PortNotDeclared: "Pods do not declare the port for the request to close connections.",
      AskFailed: "Pods fail when they are asked to close connections.",
    },
  },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<PoolCondition["status"], Meanings>>>>>;

/** Events about what is no condition, by what was done, with their type and their reasons. */
export const eventReasons = {
  Scale: {
    type: "Normal",
    reasons: {
      LoadAboveLimit: atWork.LoadAboveLimit,
      ConnectionsAboveLimit: atWork.ConnectionsAboveLimit,
      LoadBelowLimit: atWork.LoadBelowLimit,
      BelowMinimum: atWork.BelowMinimum,
      ScaleRecovered: "An operator scaled the workload and ended before it had reported that.",
    },
  },
  Drain: { type: "Normal", reasons: { Draining: atWork.Draining, DrainUndone: atWork.DrainUndone } },
  Report: {
    type: "Warning",
    reasons: { StatusRefused: "The API server refuses the pool's status." },
  },
} as const satisfies Readonly<Record<string, { readonly type: "Normal" | "Warning"; readonly reasons: Meanings }>>;

type KeysOfEach<T> = T extends unknown ? keyof T : never;
type ValuesOf<T> = T[keyof T];
type ByStatus = ValuesOf<typeof conditionReasons>;

/** Why a condition is as it is, or why there is an Event; that a status cannot be written, no status can say. */
export type Reason =
  | KeysOfEach<ByStatus extends infer Each ? (Each extends unknown ? ValuesOf<Each> : never) : never>
  | KeysOfEach<ValuesOf<typeof eventReasons>["reasons"]>
  | "StatusFailed";

/** Why scaling is at work, or is not. */
export type ScalingReason = KeysOfEach<ValuesOf<(typeof conditionReasons)["ScalingActive"]>>;

/** Why replicas were changed. */
export type ScaleReason = keyof (typeof eventReasons)["Scale"]["reasons"];
