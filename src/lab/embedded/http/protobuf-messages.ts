/**
 * How a field is read: its JSON name, and its type. `string`, `int` and `bool` are left out where they are zero, as Go
 * leaves them out of JSON; behind a `*` they are pointers, whose zero counts. `{}` is a map, `[]` a list, `empty` a message
 * that only holds what the server writes itself.
 */
export type FieldSpec = readonly [name: string, type: string];

/** The fields of a message by their numbers. */
export type MessageSpec = Readonly<Record<number, FieldSpec>>;

/** Messages of Kubernetes' `generated.proto` files, as far as kubectl's own commands that create something use them. */
export const messages: Readonly<Record<string, MessageSpec>> = {
  ObjectMeta: {
    1: ["name", "string"],
    2: ["generateName", "string"],
    3: ["namespace", "string"],
    4: ["selfLink", "string"],
    5: ["uid", "string"],
    6: ["resourceVersion", "string"],
    7: ["generation", "int"],
    8: ["creationTimestamp", "empty"],
    11: ["labels", "{}string"],
    12: ["annotations", "{}string"],
    14: ["finalizers", "[]string"],
  },
  LabelSelector: { 1: ["matchLabels", "{}string"] },
  IntOrString: { 1: ["type", "int"], 2: ["intVal", "int"], 3: ["strVal", "string"] },
  Quantity: { 1: ["string", "string"] },

  Namespace: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "NamespaceSpec"], 3: ["status", "empty"] },
  NamespaceSpec: { 1: ["finalizers", "[]string"] },
  ServiceAccount: { 1: ["metadata", "ObjectMeta"] },
  ConfigMap: { 1: ["metadata", "ObjectMeta"], 2: ["data", "{}string"], 4: ["immutable", "*bool"] },

  Service: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "ServiceSpec"], 3: ["status", "empty"] },
  ServiceSpec: {
    1: ["ports", "[]ServicePort"],
    2: ["selector", "{}string"],
    3: ["clusterIP", "string"],
    4: ["type", "string"],
    5: ["externalIPs", "[]string"],
    7: ["sessionAffinity", "string"],
    8: ["loadBalancerIP", "string"],
    10: ["externalName", "string"],
    11: ["externalTrafficPolicy", "string"],
    12: ["healthCheckNodePort", "int"],
    13: ["publishNotReadyAddresses", "bool"],
  },
  ServicePort: {
    1: ["name", "string"],
    2: ["protocol", "string"],
    3: ["port", "int"],
    4: ["targetPort", "IntOrString"],
    5: ["nodePort", "int"],
    6: ["appProtocol", "*string"],
  },

  Deployment: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "DeploymentSpec"], 3: ["status", "empty"] },
  DeploymentSpec: {
    1: ["replicas", "*int"],
    2: ["selector", "LabelSelector"],
    3: ["template", "PodTemplateSpec"],
    4: ["strategy", "DeploymentStrategy"],
    5: ["minReadySeconds", "int"],
    6: ["revisionHistoryLimit", "*int"],
    7: ["paused", "bool"],
    9: ["progressDeadlineSeconds", "*int"],
  },
  DeploymentStrategy: { 1: ["type", "string"] },
  PodTemplateSpec: { 1: ["metadata", "ObjectMeta"], 2: ["spec", "PodSpec"] },
  PodSpec: {
    2: ["containers", "[]Container"],
    3: ["restartPolicy", "string"],
    4: ["terminationGracePeriodSeconds", "*int"],
    6: ["dnsPolicy", "string"],
    8: ["serviceAccountName", "string"],
    9: ["serviceAccount", "string"],
    10: ["nodeName", "string"],
    11: ["hostNetwork", "bool"],
    12: ["hostPID", "bool"],
    13: ["hostIPC", "bool"],
    16: ["hostname", "string"],
    17: ["subdomain", "string"],
    19: ["schedulerName", "string"],
    24: ["priorityClassName", "string"],
  },
  Container: {
    1: ["name", "string"],
    2: ["image", "string"],
    3: ["command", "[]string"],
    4: ["args", "[]string"],
    5: ["workingDir", "string"],
    6: ["ports", "[]ContainerPort"],
    7: ["env", "[]EnvVar"],
    8: ["resources", "ResourceRequirements"],
    13: ["terminationMessagePath", "string"],
    14: ["imagePullPolicy", "string"],
    16: ["stdin", "bool"],
    17: ["stdinOnce", "bool"],
    18: ["tty", "bool"],
    20: ["terminationMessagePolicy", "string"],
  },
  ContainerPort: {
    1: ["name", "string"],
    2: ["hostPort", "int"],
    3: ["containerPort", "int"],
    4: ["protocol", "string"],
    5: ["hostIP", "string"],
  },
  ResourceRequirements: {},
  EnvVar: { 1: ["name", "string"], 2: ["value", "string"] },

  HorizontalPodAutoscaler: {
    1: ["metadata", "ObjectMeta"],
    2: ["spec", "HorizontalPodAutoscalerSpec"],
    3: ["status", "empty"],
  },
  HorizontalPodAutoscalerSpec: {
    1: ["scaleTargetRef", "CrossVersionObjectReference"],
    2: ["minReplicas", "*int"],
    3: ["maxReplicas", "int"],
    4: ["metrics", "[]MetricSpec"],
  },
  CrossVersionObjectReference: { 1: ["kind", "string"], 2: ["name", "string"], 3: ["apiVersion", "string"] },
  MetricSpec: { 1: ["type", "string"], 4: ["resource", "ResourceMetricSource"] },
  ResourceMetricSource: { 1: ["name", "string"], 2: ["target", "MetricTarget"] },
  MetricTarget: {
    1: ["type", "string"],
    2: ["value", "Quantity"],
    3: ["averageValue", "Quantity"],
    4: ["averageUtilization", "*int"],
  },
};
