import type { PoolCondition } from "./status.ts";

// Every reason of a condition and of an Event, with what it means. A reason that is not here does not compile.

type Meanings = Readonly<Record<string, string>>;

const refused = { InvalidSpec: "The spec is refused. The pool continues with the last spec that was accepted." };
const ending = { PoolTerminating: "The pool is being deleted, and waits for a finalizer or for its Service." };

/** What is wrong with the workload; `Ready` says so whether or not pods take traffic meanwhile. */
const target = {
  TargetKindUnknown: "The cluster does not have the kind that `targetRef` names.",
  TargetNotScalable: "The kind that `targetRef` names has no scale subresource.",
  TargetUnknown:
    "It is not known whether the cluster has the kind that `targetRef` names, because the API server does not answer.",
  TargetNotFound: "There is no workload of the name that `targetRef` gives.",
  TargetWithoutSelector: "The workload's scale has no selector, so its pods are not known.",
  TargetForbidden: "The operator may not read the workload or its scale.",
  ScaleUnreadable: "The workload or its scale cannot be read.",
};

const { TargetNotFound: _, ...doubts } = target;
/** The same while pods take traffic nevertheless. Where there is no workload, `Ready` is never true. */
const doubted = Object.fromEntries(
  Object.entries(doubts).map(([reason, meaning]) => [
    reason,
    `${meaning} The pods that were known before still take traffic.`,
  ]),
) as typeof doubts;

const service = {
  ServicePending: "The Service is being created.",
  ServiceReserved: "The Service is the API server's own: `kubernetes` in namespace `default`.",
  ServiceTaken: "Another pool publishes on the Service.",
  ServiceTerminating: "The Service is being deleted.",
  ServiceIsExternalName: "The Service is of type ExternalName, which has no endpoints.",
  ServiceHasSelector: "The Service has a selector, so Kubernetes publishes its endpoints.",
  ServiceNotAllowed:
    "The pool did not create the Service, and the Service does not name the pool in its annotation `evenkeel.io/pool`.",
  ServicePortMissing: "The Service lacks a port that the pool serves.",
  ServiceFamilyMissing: "The Service has no address family that the pods have.",
  ServiceUnseen: "A Service of this name exists, but the operator has not read it yet.",
  ServiceContested: "Something else keeps changing the Service's ports.",
  SliceNameTaken: "An EndpointSlice of somebody else has the name that the pool needs.",
  PublishRefused: "The API server refuses the Service or an EndpointSlice.",
  PublishFailed: "The Service or an EndpointSlice cannot be written.",
};

const nobody = {
  NoPods: "The pool has no pods.",
  NoReadyPods: "No pod takes traffic.",
};

const atWork = {
  LoadAboveLimit: "The average load is above `maxAverageLoad`: replicas are added.",
  ConnectionsAboveLimit: "The average number of connections is above `connectionsPerPod`: replicas are added.",
  LoadBelowLimit: "Fewer replicas can carry the load: some are removed.",
  BelowMinimum: "There are fewer replicas than `minReplicas`: they are added.",
  WithinLimit: "The load is within the limit.",
  WaitingForPolls: "The load is above the limit, but not yet on `up.polls` samples in a row.",
  WaitingForWindow: "Fewer replicas would be enough, but not yet for as long as `down.window`.",
  AboveMaximum: "There are more replicas than `maxReplicas`. None is removed while the load may need them.",
  AtMaximum: "More replicas are needed, and `maxReplicas` is reached.",
  StepLimit: "More replicas are to be added or removed, but the step of this period is used up.",
  PodsOnTheirWay: "Pods that were added before are not ready yet.",
  PodsNotMeasured: "Some pods are not measured, and the decision depends on them: no pod is added or removed.",
  PodsWarmingUp: "Some pods have not served for long enough to count, and the decision depends on them.",
  TooFewFresh: "Fewer than half of the pods have a fresh sample: no pod is removed.",
  RolloutInProgress: "A rollout is in progress: no pod is removed.",
  DrainedByHand: "A scale-down might remove a pod that was drained by hand and is to be kept: no pod is removed.",
  SlicesNotWritten: "The endpoint slices cannot be written. No pod is removed, because it would stay listed.",
  Draining: "Pods are drained before they are removed.",
  DrainUndone: "A drain was undone, and its pods take traffic again.",
  OwnersPending: "It is not known yet which pods the workload owns.",
};

const notAtWork = {
  NotScaled: "The pool has no `spec.scaling`.",
  Paused: "`spec.scaling.mode` is `Paused`.",
  TargetMissing: "The workload does not exist, or has not been read yet.",
  TargetTerminating: "The workload is being deleted.",
  TargetForbidden: target.TargetForbidden,
  ScaleUnreadable: target.ScaleUnreadable,
  ReplicasUnset: "Nobody has ever set the workload's replicas.",
  ScaledByAnother: "Another autoscaler or another pool scales the workload.",
  AutoscalersUnreadable: "It is not known whether another autoscaler scales the workload.",
  ScaledToZero: "The workload has 0 replicas. A pool never scales from 0.",
  ReportsUnauthenticated: "Anybody may report connections, so replicas do not follow the reports.",
  OwnersUnreadable: "The operator cannot read which pods the workload owns.",
  NoOwnPods: "The workload owns none of the pods that its selector matches.",
  NoSamples: "No pod has a fresh figure that scaling could use.",
  ScaleRefused: "The API server refuses the new scale.",
  ScaleFailed: "The new scale cannot be written.",
  ReplicasReset: "Something else keeps setting the replicas back.",
  DeletionCostRefused: "The API server refuses to set the deletion cost of a pod that is to be removed.",
  DeletionCostFailed: "The deletion cost of a pod that is to be removed cannot be written.",
};

/** Of every condition, the reasons for each of its statuses. */
export const conditionReasons = {
  Ready: {
    True: {
      EndpointsReady: "Endpoints take traffic.",
      PortsHeld: "Some pods lack a port, and keep the ports that they were published with.",
      PortNotDeclared: "Some pods lack a port, and take no traffic.",
      DrainRefused: "Pods that are marked for draining still take traffic, because no other pod is ready.",
      SelectorMoved:
        "Pods that the workload's selector no longer matches still take traffic, because no pod that it matches is ready.",
      ...doubted,
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
      SomeNotFresh: "Some pods, at most half, have no fresh sample.",
      SomeRefused: "A metric of requests, response time or errors is not a number, and is left out.",
      CredentialHeld: "The Secret gives no usable credential now, so the previous one is used.",
    },
    False: {
      TooFewFresh:
        "More than half of the pods have no fresh sample: no replica is removed, and weights move to their [long-run values](strategies.md#when-too-few-pods-report), if these are known.",
    },
    Unknown: { ...nobody, ...refused, NotMeasuredYet: "No pod has been measured yet." },
  },
  ScalingActive: { True: atWork, False: { ...refused, ...ending, ...notAtWork } },
  PodsHealthy: {
    True: { AllHealthy: "No ready pod is down by its probe." },
    False: {
      SetAside: "Pods that do not answer their probe get no traffic.",
      TooManyUnhealthy: "Pods are down, but some of them still get traffic, because too few pods would be left.",
      AllUnhealthy: "All pods are down, so all of them still get traffic.",
      ProbeRefused: "Pods cannot be probed as the spec says.",
    },
    Unknown: { ...nobody, NotProbedYet: "No pod has been probed yet." },
  },
  WritersReady: {
    True: { AllWriters: "Writes go to all pods.", WritersFound: "Writes go to the pod that has the writers' labels." },
    False: {
      NoPods: "There is no pod that could take writes.",
      NoWriter: "No ready pod has the writers' labels.",
      WritersMissing: "Some pods are missing from the write list, so they miss what is written meanwhile.",
      WriterDraining:
        "The pod that takes writes is being drained. It still takes them, because no other pod has the labels.",
      WriterUnhealthy:
        "The pod that takes writes does not answer its probe. It still takes them, because no other pod has the labels.",
      WriterIsStandby: "The pod that has the writers' labels reports that it is a standby, so no pod takes writes.",
      SeveralWriters: "Several pods have the writers' labels. Writes go to one of them.",
      WriterUnknown:
        "Several pods have the writers' labels. It is not known which of them is the primary, so writes go to none.",
    },
  },
  SplitPublished: {
    True: { Published: "The write list and the read list are published on their Services." },
    False: { ...ending, ...service },
  },
  WeightsPublished: {
    True: { Written: "The weights are in the objects that `publish.to` names." },
    False: {
      TooManyPods: "There are more pods than the objects in `publish.to` can carry weights for.",
      IstioPending: "Istio's entries have not been read yet.",
      IstioMissing: "The cluster does not have Istio's kinds.",
      IstioForbidden: "The operator may not read Istio's entries.",
      IstioUnreadable: "Istio's entries cannot be read.",
      IstioRefused: "The API server refuses one of Istio's entries.",
      IstioFailed: "One of Istio's entries cannot be written.",
      EntryNameTaken: "An entry of somebody else has the name that the pool needs.",
    },
  },
  Rebalancing: {
    True: { Asking: "Pods above their share are asked to close connections." },
    False: {
      NotImplemented: "Pods do not implement the request to close connections.",
      PortNotDeclared: "Pods do not declare the port for the request to close connections.",
      AskFailed: "The request to close connections fails.",
    },
  },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<PoolCondition["status"], Meanings>>>>>;

/**
 * Reasons that come and go with figures and pods while a condition stays True. Going over to one of them makes no Event:
 * what comes of it has Events of its own.
 */
export const quietReasons: ReadonlySet<string> = new Set([
  ...Object.keys(atWork).filter((reason) => reason !== ("AtMaximum" satisfies keyof typeof atWork)),
  ...(["AllFresh", "SomeNotFresh"] satisfies (keyof (typeof conditionReasons)["MetricsHealthy"]["True"])[]),
]);

/** What a pool asks for itself is nothing to be warned of, though a condition is False for it. */
const askedFor: ReadonlySet<string> = new Set([
  "NotScaled",
  "Paused",
] satisfies (keyof (typeof conditionReasons)["ScalingActive"]["False"])[]);

/** The type of an Event about a condition. */
export const eventTypeOf = ({ status, reason }: Pick<PoolCondition, "status" | "reason">): "Normal" | "Warning" =>
  status === "False" && !askedFor.has(reason) ? "Warning" : "Normal";

/** Events about what is no condition, by what was done, with their type and their reasons. */
export const eventReasons = {
  Scale: {
    type: "Normal",
    reasons: {
      LoadAboveLimit: atWork.LoadAboveLimit,
      ConnectionsAboveLimit: atWork.ConnectionsAboveLimit,
      LoadBelowLimit: atWork.LoadBelowLimit,
      BelowMinimum: atWork.BelowMinimum,
      ScaleRecovered: "The operator scaled the workload, but stopped before it could report that.",
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
