import * as z from "zod";
import { listPassedOn, passedOn, text, texts } from "./value-types.ts";

const seconds = z.int().min(1).max(3_600);

/** How often, and for how long, the kubelet asks. */
const probe = (description: string, { periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3 }) =>
  z
    .strictObject({
      initialDelaySeconds: z
        .int()
        .min(0)
        .max(3_600)
        .default(0)
        .describe("Time from the start of the container to the first probe."),
      periodSeconds: seconds.default(periodSeconds).describe("Time between two probes."),
      timeoutSeconds: seconds.default(timeoutSeconds).describe("Time allowed for an answer."),
      failureThreshold: z
        .int()
        .min(1)
        .max(100)
        .default(failureThreshold)
        .describe("Number of failures in a row after which the probe counts as failed."),
    })
    .describe(description)
    .prefault({});

export const probeValues = {
  // A process that is busy is not one that hangs.
  livenessProbe: probe("When the container is restarted.", { timeoutSeconds: 5 }),
  readinessProbe: probe("When a replica gets requests.", { periodSeconds: 2 }),
};

export const podValues = {
  priorityClassName: text("PriorityClass of the pods, such as system-cluster-critical."),
  resources: passedOn("Resources of the container.", {
    requests: { cpu: "100m", memory: "192Mi" },
    limits: { memory: "512Mi" },
  }),
  podSecurityContext: passedOn("Security context of the pods; the defaults fit Pod Security's restricted.", {
    runAsNonRoot: true,
    runAsUser: 65_532,
    runAsGroup: 65_532,
    seccompProfile: { type: "RuntimeDefault" },
  }),
  securityContext: passedOn("Security context of the container; the defaults fit Pod Security's restricted.", {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  }),
  podLabels: texts("Labels on the pods."),
  podAnnotations: texts("Annotations on the pods."),
  nodeSelector: texts("Labels that nodes must have."),
  tolerations: listPassedOn("Tolerations of the pods."),
  affinity: passedOn("Affinity of the pods."),
  extraEnv: listPassedOn("More environment variables of the container, as in [{name: HTTPS_PROXY, value: …}]."),
  extraArgs: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "More flags of evenkeel run, as in [--xds-interval=2s]. They take precedence over environment variables.",
    ),
  extraVolumes: listPassedOn("More volumes of the pods."),
  extraVolumeMounts: listPassedOn("More mounts of the container."),
  extraContainers: listPassedOn("More containers of the pods."),
  initContainers: listPassedOn("Containers that run before the operator."),
  updateStrategy: passedOn("Strategy of the Deployment, as in {rollingUpdate: {maxUnavailable: 0}}."),
  revisionHistoryLimit: z.int().min(0).max(100).default(10).describe("Number of old ReplicaSets to keep."),
  terminationGracePeriodSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(30)
    .describe("Time for a replica to end its requests and release the lease."),
  dnsPolicy: z
    .enum(["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"])
    .default("")
    .describe("DNS policy of the pods; ClusterFirst if empty."),
  dnsConfig: passedOn('More DNS settings of the pods, as in {options: [{name: ndots, value: "2"}]}.'),
  hostAliases: listPassedOn(
    "Entries for /etc/hosts of the pods, as in [{ip: 10.0.0.1, hostnames: [api.example.com]}].",
  ),
  deploymentAnnotations: texts("Annotations on the Deployment."),
};
