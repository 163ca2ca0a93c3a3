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
    .describe("Digest of the image, as in sha256:…; wins over the tag."),
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
  annotations: texts("Annotations on it."),
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
  create: onOff("Create roles and bindings: Roles per namespace with watchNamespaces, else a ClusterRole.", true),
  extraScaleTargets: z
    .array(scaleTarget)
    .default([])
    .describe(
      "Kinds that pools may scale besides Deployments, StatefulSets and ReplicaSets of apps, as in [{apiGroup: argoproj.io, resource: rollouts, kind: Rollout}].",
    ),
  extraOwners: z
    .array(owner)
    .default([])
    .describe(
      "Kinds that stand between a workload and its pods, besides those that pools may scale, as in [{apiGroup: agones.dev, resource: gameserversets}].",
    ),
  istio: onOff(
    "Let the operator write Istio's WorkloadEntries and ServiceEntries, for pools with publish.to of type Istio.",
    false,
  ),
  aggregateToDefaultRoles: onOff("Let view read pools, and edit and admin write them.", false),
  explainRole: onOff(
    "Make a Role for those who may ask with kubectl evenkeel explain. Its name is the full name and -explain; you bind it.",
    true,
  ),
});

const admissionPolicy = group(
  "The ValidatingAdmissionPolicy that refuses a pool whose author may not scale its target.",
  {
    enabled: onOff(
      "Create the policy, with its binding. Without it, whoever may write pools scales with the operator's rights.",
      true,
    ),
    action: z
      .enum(["Deny", "Warn", "Audit"])
      .default("Deny")
      .describe(
        "What becomes of a pool whose author may not scale its target: refused, taken with a warning, or taken and noted in the audit log.",
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
      .describe("Namespaces to get Secrets in; if empty, those that the operator watches."),
    secretNames: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/))
      .default([])
      .describe("Names of the Secrets that it may get; if empty, every Secret of these namespaces."),
  },
);

const serviceAccount = group("The operator's account.", {
  create: onOff("Create the account.", true),
  name: name("Name of the account; the release's full name if empty, or default if it is not created."),
  annotations: texts("Annotations on it."),
});

const service = group("The Service of the HTTP API and the metrics.", {
  type: z
    .enum(["ClusterIP", "NodePort", "LoadBalancer"])
    .default("ClusterIP")
    .describe("Type of the Service: anybody who reaches it can read the pools, unless auth is on."),
  port: port.default(8080).describe("Port of the HTTP API and the metrics."),
  ipFamilyPolicy: z
    .enum(["", "SingleStack", "PreferDualStack", "RequireDualStack"])
    .default("")
    .describe("IP family policy, also of the Service of peers; the cluster's default if empty."),
  ipFamilies: z
    .array(z.enum(["IPv4", "IPv6"]))
    .max(2)
    .default([])
    .describe("IP families, the preferred one first; the cluster's default if empty."),
  labels: texts("Labels on it."),
  annotations: texts("Annotations on it."),
});

const push = group("Clients that report their connections (source push).", {
  enabled: onOff("Create the headless Service by which replicas tell each other what clients report.", true),
  tokenSecret: group(
    "The Secret that holds the tokens. A client needs one of them to report; without a Secret, none.",
    {
      name: name("Name of the Secret, in the release's namespace."),
      key: z.string().min(1).default("tokens").describe("Key in that Secret that holds the tokens, one per line."),
    },
  ),
});

const query = group("The Prometheus that pools with source query are asked at: Thanos or Mimir as well.", {
  address: z
    .string()
    .regex(/^(https?:\/\/[^\s@?#]+)?$/)
    .default("")
    .describe(
      "URL of Prometheus without /api/v1, such as http://prometheus.monitoring:9090; source query is off if empty.",
    ),
  caSecret: group("The Secret with the authority of its certificate.", {
    name: text("Name of the Secret, in the release's namespace; if empty, the authorities that Node knows."),
    key: z.string().min(1).default("ca.crt").describe("Key in that Secret."),
  }),
  tokenSecret: group("The Secret with a bearer token for it.", {
    name: text("Name of the Secret, in the release's namespace."),
    key: z.string().min(1).default("token").describe("Key in that Secret."),
  }),
  serviceAccountToken: group("A token of the operator's account as the bearer token, for a proxy that knows those.", {
    enabled: onOff("Send a token of the operator's account as the bearer token.", false),
    audience: text("Audience of the token; that of the API server if empty."),
  }),
  basicAuthSecret: group("The Secret with USER:PASSWORD for it, in one line.", {
    name: text("Name of the Secret, in the release's namespace."),
    key: z.string().min(1).default("auth").describe("Key in that Secret."),
  }),
  tenant: text("Tenant to ask for, in the header X-Scope-OrgID."),
  labels: texts(
    "Labels that every series must have, as in {cluster: east}, where Thanos or Mimir knows several clusters.",
  ),
  insecure: onOff("Send token or password over plain HTTP, too.", false),
});

const page = group("The read-only page.", {
  enabled: onOff("Serve the page.", false),
  port: port.default(8081).describe("Port of its Service."),
  hosts: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/))
    .default([])
    .describe(
      "Names by which browsers reach it, as through an Ingress; addresses, localhost and its Service need none.",
    ),
  ingress: group("An Ingress for it, under each of its hosts. It asks nobody who they are: let the Ingress do so.", {
    enabled: onOff("Create the Ingress.", false),
    className: name("Class of the Ingress; the cluster's default if empty."),
    tls: listPassedOn(
      "Certificates of the Ingress, as in [{hosts: [evenkeel.example.com], secretName: evenkeel-page-tls}].",
    ),
    annotations: texts("Annotations on it."),
  }),
  httpRoute: group("An HTTPRoute for it, under its hosts. It asks nobody who they are: let the Gateway do so.", {
    enabled: onOff("Create the HTTPRoute.", false),
    parentRefs: listPassedOn("Gateways that it is attached to, as in [{name: internal, namespace: gateways}]."),
    annotations: texts("Annotations on it."),
  }),
});

const haproxy = group("The agent that tells HAProxy the weight and the state of each server.", {
  enabled: onOff("Answer HAProxy's agent checks.", false),
  port: port.default(9010).describe("Port of its Service."),
});

const xds = group("xDS, for Envoy and clients of gRPC.", {
  enabled: onOff("Serve xDS.", false),
  port: port.default(18_000).describe("Port of its Service."),
  interval: z
    .string()
    .regex(/^[0-9]{1,6}(ms|s|m)$/)
    .default("1s")
    .describe("Least time between two changes of a pool."),
});

const grpc = group("What holds for xDS and for the endpoint picker.", {
  maxConnectionAge: z
    .string()
    .regex(/^[0-9]{1,6}(ms|s|m|h)$/)
    .default("30m")
    .describe("Time after which clients are told to reconnect, so that they spread over the replicas; never if 0s."),
});

const extproc = group("The endpoint picker (ext_proc), for gateways.", {
  enabled: onOff("Serve the endpoint picker.", false),
  port: port.default(9002).describe("Port of its Service."),
});

const secretKey = (description: string, key: string) =>
  group(description, {
    name: name("Name of the Secret, in the release's namespace."),
    key: z.string().min(1).default(key).describe("Key in that Secret."),
  });

const tls = group("TLS on every port but those for probes and for HAProxy's agent checks.", {
  secretName: name(
    "The Secret with tls.crt and tls.key, and ca.crt for replicas and Prometheus to know it by; plain text if empty.",
  ),
  clientCaSecret: secretKey(
    "The Secret with the authority of clients' certificates, which gRPC then asks for.",
    "ca.crt",
  ),
  httpClientCerts: onOff("Ask clients of the HTTP API, the metrics and the page for a certificate, too.", false),
  certificate: group("A Certificate of cert-manager, which makes the Secret.", {
    create: onOff("Create the Certificate.", false),
    issuerRef: passedOn("Issuer of the certificate, as in {kind: ClusterIssuer, name: internal}."),
    duration: text("How long the certificate is valid, such as 2160h; cert-manager's default if empty."),
  }),
});

const auth = group("Who may read pools and report to them, asked of the API server; needs TLS.", {
  enabled: onOff("Ask callers for a token of the API server or a client certificate, and check their rights.", false),
  audiences: z
    .array(z.string().min(1))
    .default([])
    .describe("Audiences of tokens, of which a token needs one; that of the API server if empty."),
});

const networkPolicy = group("The NetworkPolicy around the operator's pods.", {
  enabled: onOff(
    "Create the NetworkPolicy. Off by default, as it would cut the operator off from pods in their node's network, and from an API server on another port than apiServer.ports.",
    false,
  ),
  ingressFrom: listPassedOn(
    "Peers, as in a NetworkPolicy, that may reach the HTTP API, the metrics, the page, and what proxies ask; everyone if empty.",
  ),
  apiServer: group("Where the API server is.", {
    cidrs: z
      .array(z.string())
      .min(1)
      .default(["0.0.0.0/0", "::/0"])
      .describe("Networks that the API server is in; narrow them to your own."),
    ports: z
      .array(port)
      .min(1)
      .default([443, 6443])
      .describe("Ports that the API server listens on, behind its Service."),
  }),
  queryTo: listPassedOn(
    "Peers, as in a NetworkPolicy, that query.address leads to; every pod of the cluster if empty. For a Prometheus outside the cluster, use extraEgress.",
  ),
  extraEgress: listPassedOn("More egress rules, as in a NetworkPolicy."),
});

const podDisruptionBudget = group("The PodDisruptionBudget.", {
  enabled: onOff("Create the PodDisruptionBudget.", true),
  maxUnavailable: z
    .union([z.int().min(0), z.string().regex(/^[0-9]{1,3}%$/)])
    .default(1)
    .describe("Pods that may be away at a time, as a number or a percentage."),
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
    .describe("What becomes of a replica that could only run beside another."),
});

/** How Prometheus Operator scrapes the operator, by whichever of its kinds. */
const monitorFields = {
  enabled: onOff("Create the monitor.", false),
  interval: z
    .string()
    .regex(/^[0-9]+(ms|s|m)$/)
    .default("30s")
    .describe("Time between scrapes."),
  scrapeTimeout: z
    .string()
    .regex(/^([0-9]+(ms|s|m))?$/)
    .default("")
    .describe("Time after which a scrape is given up; Prometheus' default if empty."),
  relabelings: listPassedOn("Relabelings of what is scraped."),
  metricRelabelings: listPassedOn("Relabelings of the series, such as those to drop."),
  tlsConfig: passedOn(
    "With TLS: how Prometheus knows the operator; by the Secret's ca.crt and the Service's name if empty.",
  ),
  labels: texts("Labels on it, by which your Prometheus finds it."),
  annotations: texts("Annotations on it."),
};

const serviceMonitor = group("The ServiceMonitor, for Prometheus Operator.", monitorFields);
const podMonitor = group("The PodMonitor, for Prometheus Operator.", {
  ...monitorFields,
  tokenSecret: group(
    "With auth.enabled: the Secret with a token of an account that may read the metrics. A ServiceMonitor needs none, as it sends Prometheus's own token, which a PodMonitor cannot.",
    {
      name: name("Name of the Secret, in the release's namespace."),
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
      "Where the alerts' runbooks are, for their annotation runbook_url, with %s for the alert's name. Empty: in the repository that the chart was released from, where GitHub has its files; without one there is no such annotation.",
    ),
  labels: texts("Labels on it, by which your Prometheus finds it."),
  annotations: texts("Annotations on it."),
});

const dashboard = group("The Grafana dashboard, in a ConfigMap for Grafana's sidecar.", {
  enabled: onOff("Create the ConfigMap.", false),
  labels: texts("Labels on it, by which the sidecar finds it.", { grafana_dashboard: "1" }),
  annotations: texts("Annotations on it, such as the sidecar's folder."),
});

/** The name of an object that becomes part of others' names, or none. */
const label = (description: string) =>
  z
    .string()
    .regex(/^([a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$/)
    .default("")
    .describe(description);

const lease = group("The times of leader election.", {
  duration: time("Time without a renewal after which another replica may lead.", "15s"),
  renewDeadline: time("Time without a renewal after which the leader stops writing; shorter than the duration.", "10s"),
  retryPeriod: time("Time between two renewals, or two tries to lead; at most a third of the deadline.", "2s"),
});

/** Charts share these with the charts that they depend on, which may have more of them. */
const global = z
  .looseObject({
    imageRegistry: text("Registry to prepend to every image's repository."),
    imagePullSecrets: z
      .array(z.union([z.string().min(1), z.record(z.string(), z.unknown())]))
      .default([])
      .describe("Secrets to pull images with, beside image.pullSecrets: by name, or as in [{name: registry}]."),
  })
  .describe("Values that Helm shares among charts.")
  .prefault({});

export const values = z
  .strictObject({
    nameOverride: label("Replaces the chart's name in the names of objects."),
    fullnameOverride: label("Replaces the whole name of objects."),
    commonLabels: texts("Labels on every object."),
    commonAnnotations: texts("Annotations on every object."),
    replicaCount: z
      .int()
      .min(1)
      .default(2)
      .describe("Replicas: one leads and writes, all answer. With two, another takes over quickly."),
    watchNamespaces: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/))
      .default([])
      .describe("Namespaces to watch, with rights only there. If empty: all, with rights in the whole cluster."),
    logLevel: z.enum(["debug", "info", "warn", "error"]).default("info").describe("What is logged."),
    logFormat: z.enum(["json", "text"]).default("json").describe("One JSON object a line, or lines for people."),
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
    extraObjects: listPassedOn("More objects to install, of any kind; templates in them are filled in."),
    global,
  })
  .describe("Values of the chart evenkeel.");
