import * as z from "zod";
import { group, listPassedOn, name, onOff, passedOn, port, text, texts, time } from "./value-types.ts";
import { podValues, probeValues } from "./values-of-pods.ts";

// The chart's values: values.yaml, values.schema.json and the table in the chart's README are written from here.

const image = group("The operator's image.", {
  repository: z.string().min(1).default("evenkeel").describe("Repository of the image, without a tag."),
  tag: text("Tag of the image; the chart's appVersion if empty."),
  digest: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .default("")
    .describe("Digest of the image, as in sha256:…; takes precedence over the tag."),
  pullPolicy: z
    .enum(["Always", "IfNotPresent", "Never"])
    .default("IfNotPresent")
    .describe("When nodes pull the image."),
  pullSecrets: z
    .array(z.strictObject({ name: z.string().min(1).describe("Name of a Secret.") }))
    .default([])
    .describe("Secrets to pull the image with, in the release's namespace, as in [{name: registry}]."),
});

const crds = group("The CustomResourceDefinition.", {
  enabled: onOff("Install and upgrade the CRD with the release.", true),
  keep: onOff("Leave the CRD, and with it every pool, in the cluster when the release is uninstalled.", true),
  annotations: texts("Annotations on the CRD."),
});

const scaleTarget = z.strictObject({
  apiGroup: z.string().min(1).describe("API group, such as argoproj.io."),
  resource: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe("Resource, in the plural and lower case, such as rollouts."),
  kind: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]*$/)
    .describe("Kind, as in spec.targetRef, such as Rollout."),
});

const owner = z.strictObject({
  apiGroup: z.string().describe("API group, such as agones.dev; empty for the core group."),
  resource: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe("Resource, in the plural and lower case, such as gameserversets."),
});

const rbac = group("The operator's rights; docs/rbac.md lists them.", {
  create: onOff(
    "Create roles and bindings: with watchNamespaces a Role in each namespace, otherwise a ClusterRole.",
    true,
  ),
  extraScaleTargets: z
    .array(scaleTarget)
    .default([])
    .describe(
      "Kinds that pools may scale besides the Deployments, StatefulSets and ReplicaSets of the group apps, as in [{apiGroup: argoproj.io, resource: rollouts, kind: Rollout}].",
    ),
  extraOwners: z
    .array(owner)
    .default([])
    .describe(
      "Kinds of objects between a workload and its pods that the operator may read, as in [{apiGroup: agones.dev, resource: gameserversets}]. Kinds that pools may scale need not be listed.",
    ),
  istio: onOff(
    "Let the operator write Istio's WorkloadEntries and ServiceEntries, for pools with publish.to of type Istio.",
    false,
  ),
  aggregateToDefaultRoles: onOff("Let the role view read pools, and the roles edit and admin write them.", false),
  explainRole: onOff(
    "Make a Role with the rights for kubectl evenkeel explain. Its name is the release's full name and -explain. You bind it.",
    true,
  ),
});

const admissionPolicy = group(
  "The ValidatingAdmissionPolicy that refuses a pool whose author may not scale its target.",
  {
    enabled: onOff(
      "Create the ValidatingAdmissionPolicy and its binding. Without it, whoever may write pools can scale every workload that the operator may scale.",
      true,
    ),
    action: z
      .enum(["Deny", "Warn", "Audit"])
      .default("Deny")
      .describe(
        "What happens to a pool whose author may not scale its target. Deny: it is refused. Warn: it is accepted with a warning. Audit: it is accepted, and noted in the audit log.",
      ),
  },
);

const credentials = group(
  "The Secrets that pools name for pages behind credentials (auth in spec.metrics). An admission policy of their own asks whether a pool's author may get the Secret; it always denies, and comes with admissionPolicy.enabled.",
  {
    enabled: onOff("Let the operator get the Secrets that pools name. Needs admissionPolicy.enabled.", false),
    namespaces: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/))
      .default([])
      .describe("Namespaces in which the operator may get Secrets. If empty: all that it watches."),
    secretNames: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/))
      .default([])
      .describe("Names of the Secrets that the operator may get. If empty: every Secret in these namespaces."),
  },
);

const serviceAccount = group("The operator's account.", {
  create: onOff("Create the ServiceAccount.", true),
  name: name(
    "Name of the ServiceAccount. If empty: the release's full name, or default if the chart does not create it.",
  ),
  annotations: texts("Annotations on the ServiceAccount."),
});

const service = group("The Service of the HTTP API and the metrics.", {
  type: z
    .enum(["ClusterIP", "NodePort", "LoadBalancer"])
    .default("ClusterIP")
    .describe("Type of the Service. Unless auth is enabled, anybody who can reach the Service can read the pools."),
  port: port.default(8080).describe("Port of the HTTP API and the metrics."),
  ipFamilyPolicy: z
    .enum(["", "SingleStack", "PreferDualStack", "RequireDualStack"])
    .default("")
    .describe("IP family policy, also of the headless Service of push.enabled; the cluster's default if empty."),
  ipFamilies: z
    .array(z.enum(["IPv4", "IPv6"]))
    .max(2)
    .default([])
    .describe("IP families, the preferred one first; the cluster's default if empty."),
  labels: texts("Labels on the Service."),
  annotations: texts("Annotations on the Service."),
});

const push = group("Clients that report their connections (source push).", {
  enabled: onOff(
    "Create the headless Service by which the replicas pass clients' reports of connections (source push) on to each other.",
    true,
  ),
  tokenSecret: group(
    "The Secret that holds the tokens. A client needs one of them to report. Without a Secret, clients need no token.",
    {
      name: name(
        "Name of the Secret with the tokens for clients that report, in the release's namespace. If empty, clients need no token.",
      ),
      key: z.string().min(1).default("tokens").describe("Key in that Secret that holds the tokens, one per line."),
    },
  ),
});

const query = group("The Prometheus, Thanos or Mimir for pools with source query.", {
  address: z
    .string()
    .regex(/^(https?:\/\/[^\s@?#]+)?$/)
    .default("")
    .describe(
      "URL of Prometheus without /api/v1, such as http://prometheus.monitoring:9090. If empty, source query is off.",
    ),
  caSecret: group("The Secret with the authority of Prometheus' certificate.", {
    name: text(
      "Name of the Secret with the certificate authority of Prometheus, in the release's namespace. If empty: the authorities that come with Node.",
    ),
    key: z.string().min(1).default("ca.crt").describe("Key in that Secret."),
  }),
  tokenSecret: group("The Secret with a bearer token for Prometheus.", {
    name: text("Name of the Secret with a bearer token for Prometheus, in the release's namespace."),
    key: z.string().min(1).default("token").describe("Key in that Secret."),
  }),
  serviceAccountToken: group(
    "A token of the operator's ServiceAccount as the bearer token, for a proxy in front of Prometheus that checks such tokens.",
    {
      enabled: onOff("Send Prometheus a token of the operator's ServiceAccount as the bearer token.", false),
      audience: text("Audience of that token; the API server's if empty."),
    },
  ),
  basicAuthSecret: group("The Secret with USER:PASSWORD for Prometheus, in one line.", {
    name: text("Name of the Secret with USER:PASSWORD for Prometheus, in one line, in the release's namespace."),
    key: z.string().min(1).default("auth").describe("Key in that Secret."),
  }),
  tenant: text("Tenant whose series are read, sent in the header X-Scope-OrgID."),
  labels: texts("Labels that every series must have, as in {cluster: east} if Thanos or Mimir has several clusters."),
  insecure: onOff("Send the token or the password even over plain HTTP.", false),
});

const page = group("The read-only page.", {
  enabled: onOff("Serve the page.", false),
  port: port.default(8081).describe("Port of the page's Service."),
  hosts: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/))
    .default([])
    .describe(
      "Host names under which browsers reach the page, as through an Ingress. IP addresses, localhost and the page's Service need not be listed.",
    ),
  ingress: group(
    "An Ingress for the page, under each of its hosts. The page authenticates nobody: let the Ingress do it.",
    {
      enabled: onOff("Create the Ingress.", false),
      className: name("Class of the Ingress; the cluster's default if empty."),
      tls: listPassedOn(
        "Certificates of the Ingress, as in [{hosts: [evenkeel.example.com], secretName: evenkeel-page-tls}].",
      ),
      annotations: texts("Annotations on the Ingress."),
    },
  ),
  httpRoute: group(
    "An HTTPRoute for the page, under its hosts. The page authenticates nobody: let the Gateway do it.",
    {
      enabled: onOff("Create the HTTPRoute.", false),
      parentRefs: listPassedOn(
        "Gateways that the HTTPRoute is attached to, as in [{name: internal, namespace: gateways}].",
      ),
      annotations: texts("Annotations on the HTTPRoute."),
    },
  ),
});

const haproxy = group("The agent that reports the weight and the state of each server to HAProxy.", {
  enabled: onOff("Answer HAProxy's agent checks.", false),
  port: port.default(9010).describe("Port for agent checks, on the operator's Service."),
});

const xds = group("xDS, for Envoy and clients of gRPC.", {
  enabled: onOff("Serve xDS.", false),
  port: port.default(18_000).describe("Port for xDS, on the operator's Service."),
  interval: z
    .string()
    .regex(/^[0-9]{1,6}(ms|s|m)$/)
    .default("1s")
    .describe("Least time between two xDS updates of a pool."),
});

const grpc = group("Settings of both xDS and the endpoint picker.", {
  maxConnectionAge: z
    .string()
    .regex(/^[0-9]{1,6}(ms|s|m|h)$/)
    .default("30m")
    .describe(
      "Age of a gRPC connection at which the client is asked to reconnect, so that clients spread over the replicas. 0s: never.",
    ),
});

const extproc = group("The endpoint picker (ext_proc), for gateways.", {
  enabled: onOff("Serve the endpoint picker, which tells a gateway which pod a request goes to.", false),
  port: port.default(9002).describe("Port for the endpoint picker, on the operator's Service."),
});

const secretKey = (description: string, named: string, key: string) =>
  group(description, {
    name: name(named),
    key: z.string().min(1).default(key).describe("Key in that Secret."),
  });

const tls = group("TLS on every port but those for probes and for HAProxy's agent checks.", {
  secretName: name(
    "Name of the Secret with tls.crt and tls.key. Its ca.crt is the authority by which replicas and Prometheus verify the certificate. If empty, the operator speaks plain text.",
  ),
  clientCaSecret: secretKey(
    "The Secret with the authority of clients' certificates. With it, gRPC clients need a certificate.",
    "Name of the Secret with the authority of clients' certificates, in the release's namespace. With it, gRPC clients need a certificate.",
    "ca.crt",
  ),
  httpClientCerts: onOff("Require a client certificate for the HTTP API, the metrics and the page, too.", false),
  certificate: group("A Certificate of cert-manager, which then makes the Secret.", {
    create: onOff("Create a Certificate of cert-manager, which then makes the Secret.", false),
    issuerRef: passedOn("Issuer of the certificate, as in {kind: ClusterIssuer, name: internal}."),
    duration: text("How long the certificate is valid, such as 2160h; cert-manager's default if empty."),
  }),
});

const auth = group("Checks with the API server who may read pools and report to them. Needs TLS.", {
  enabled: onOff(
    "Require callers to show a client certificate, or a token that the API server accepts, and check their rights. Needs TLS.",
    false,
  ),
  audiences: z
    .array(z.string().min(1))
    .default([])
    .describe("A token must have one of these audiences; the API server's if empty."),
});

const networkPolicy = group("The NetworkPolicy around the operator's pods.", {
  enabled: onOff(
    "Create the NetworkPolicy. Off by default, because it blocks traffic to pods with hostNetwork, and to an API server on a port that is not in apiServer.ports.",
    false,
  ),
  ingressFrom: listPassedOn(
    "Peers, as in a NetworkPolicy, that may reach the HTTP API, the metrics, the page, and the ports for proxies. If empty: everyone.",
  ),
  apiServer: group("Where the API server is.", {
    cidrs: z
      .array(z.string())
      .min(1)
      .default(["0.0.0.0/0", "::/0"])
      .describe("Networks that the API server may be in. Narrow them to your own."),
    ports: z
      .array(port)
      .min(1)
      .default([443, 6443])
      .describe("Ports that the API server listens on, behind its Service."),
  }),
  queryTo: listPassedOn(
    "Peers, as in a NetworkPolicy, that are behind query.address. If empty: every pod of the cluster. For a Prometheus outside the cluster, use extraEgress.",
  ),
  extraEgress: listPassedOn("More egress rules, as in a NetworkPolicy."),
});

const podDisruptionBudget = group("The PodDisruptionBudget.", {
  enabled: onOff("Create the PodDisruptionBudget.", true),
  maxUnavailable: z
    .union([z.int().min(0), z.string().regex(/^[0-9]{1,3}%$/)])
    .default(1)
    .describe("Replicas that may be away at the same time, as a number or a percentage."),
});

const topologySpread = group("How replicas are spread.", {
  enabled: onOff("Spread the replicas.", true),
  keys: z
    .array(z.string().min(1))
    .default(["kubernetes.io/hostname", "topology.kubernetes.io/zone"])
    .describe("Node labels to spread over."),
  whenUnsatisfiable: z
    .enum(["ScheduleAnyway", "DoNotSchedule"])
    .default("ScheduleAnyway")
    .describe(
      "What happens to a replica that cannot be spread: ScheduleAnyway runs it beside another one, DoNotSchedule leaves it pending.",
    ),
});

/** How Prometheus Operator scrapes the operator, by whichever of its kinds. */
const monitorFields = (kind: string) => ({
  enabled: onOff(`Create the ${kind}.`, false),
  interval: z
    .string()
    .regex(/^[0-9]+(ms|s|m)$/)
    .default("30s")
    .describe("Time between scrapes."),
  scrapeTimeout: z
    .string()
    .regex(/^([0-9]+(ms|s|m))?$/)
    .default("")
    .describe("Time after which a scrape fails; Prometheus' default if empty."),
  relabelings: listPassedOn("Relabelings of the targets."),
  metricRelabelings: listPassedOn("Relabelings of the series, such as those to drop."),
  tlsConfig: passedOn(
    "With TLS: how Prometheus verifies the operator's certificate. If empty: by ca.crt of tls.secretName and the name of the Service.",
  ),
  labels: texts("Labels on the monitor, by which your Prometheus finds it."),
  annotations: texts("Annotations on the monitor."),
});

const serviceMonitor = group("The ServiceMonitor, for Prometheus Operator.", monitorFields("ServiceMonitor"));
const podMonitor = group("The PodMonitor, for Prometheus Operator.", {
  ...monitorFields("PodMonitor"),
  tokenSecret: group(
    "With auth.enabled: the Secret with a token of an account that may read the metrics. A ServiceMonitor needs none, because it sends Prometheus' own token, which a PodMonitor cannot.",
    {
      name: name(
        "With auth.enabled: name of the Secret with a token that may read the metrics, in the release's namespace.",
      ),
      key: z.string().min(1).default("token").describe("Key in that Secret."),
    },
  ),
});

const prometheusRule = group("The PrometheusRule with the alerts, for Prometheus Operator.", {
  enabled: onOff("Create the PrometheusRule.", false),
  runbookUrl: z
    .string()
    .regex(/^(https?:\/\/\S+%s\S*)?$/, "an address with %s in it, or empty")
    .default("")
    .describe(
      "URL of the alerts' runbooks, for the annotation runbook_url, with %s in place of the alert's name. If empty: the runbooks in the repository that the chart was released from. If that is not known, the alerts have no such annotation.",
    ),
  labels: texts("Labels on the PrometheusRule, by which your Prometheus finds it."),
  annotations: texts("Annotations on the PrometheusRule."),
});

const dashboard = group("The Grafana dashboard, in a ConfigMap for Grafana's sidecar.", {
  enabled: onOff("Create the ConfigMap.", false),
  labels: texts("Labels on the ConfigMap, by which Grafana's sidecar finds it.", { grafana_dashboard: "1" }),
  annotations: texts("Annotations on the ConfigMap, such as one for the sidecar's folder."),
});

/** The name of an object that becomes part of others' names, or none. */
const label = (description: string) =>
  z
    .string()
    .regex(/^([a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$/)
    .default("")
    .describe(description);

const lease = group("The times of leader election.", {
  duration: time("Time without a renewal of the lease after which another replica may become the leader.", "15s"),
  renewDeadline: time(
    "Time without a renewal of the lease after which the leader stops writing; must be shorter than lease.duration.",
    "10s",
  ),
  retryPeriod: time(
    "Time between two renewals of the lease, or two attempts to take it; at most a third of lease.renewDeadline.",
    "2s",
  ),
});

/** Charts share these with the charts that they depend on, which may have more of them. */
const global = z
  .looseObject({
    imageRegistry: text("Registry to prepend to every image's repository."),
    imagePullSecrets: z
      .array(z.union([z.string().min(1), z.record(z.string(), z.unknown())]))
      .default([])
      .describe("Secrets to pull images with, in addition to image.pullSecrets: by name, or as in [{name: registry}]."),
  })
  .describe("Values that Helm shares among charts.")
  .prefault({});

export const values = z
  .strictObject({
    nameOverride: label("Replaces the chart's name in the names of objects."),
    fullnameOverride: label("Replaces the whole name of objects, the release's name included."),
    commonLabels: texts("Labels on every object."),
    commonAnnotations: texts("Annotations on every object."),
    replicaCount: z
      .int()
      .min(1)
      .default(2)
      .describe(
        "Number of replicas. All answer, and one of them, the leader, writes. With two or more, another takes over quickly.",
      ),
    watchNamespaces: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/))
      .default([])
      .describe(
        "Namespaces to watch. The operator then has rights only there. If empty: all, with rights in the whole cluster.",
      ),
    logLevel: z
      .enum(["debug", "info", "warn", "error"])
      .default("info")
      .describe("Messages of this level and above are logged."),
    logFormat: z
      .enum(["json", "text"])
      .default("json")
      .describe("json: one JSON object per line. text: lines for people."),
    lease,
    image,
    crds,
    rbac,
    admissionPolicy,
    credentials,
    serviceAccount,
    service,
    push,
    query,
    page,
    extproc,
    haproxy,
    grpc,
    xds,
    tls,
    auth,
    networkPolicy,
    podDisruptionBudget,
    topologySpread,
    ...probeValues,
    ...podValues,
    serviceMonitor,
    podMonitor,
    prometheusRule,
    dashboard,
    extraObjects: listPassedOn("More objects to install, of any kind. Helm templates in them are rendered."),
    global,
  })
  .describe("Values of the chart evenkeel.");
