import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chartFolder } from "../../../tools/chart/render.ts";
import { type ValueSchema, valuesSchema } from "../../../tools/chart/values-schema.ts";

/** Values by their dotted names. */
export type Choice = Readonly<Record<string, unknown>>;

/** A value, or some that go together, with its alternatives; the first one is what the chart does by default. */
interface Switch {
  readonly names: readonly string[];
  readonly choices: readonly Choice[];
}

/** A container that Pod Security's restricted takes. */
const restricted = {
  image: "busybox",
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};

/** Every list and text that is empty by default, filled. */
const filled: Choice = {
  commonLabels: { team: "platform" },
  commonAnnotations: { "example.com/owner": "platform" },
  "crds.annotations": { "example.com/owner": "nobody" },
  "image.digest": `sha256:${"a".repeat(64)}`,
  "image.pullSecrets": [{ name: "registry" }],
  "rbac.extraScaleTargets": [{ apiGroup: "argoproj.io", resource: "rollouts", kind: "Rollout" }],
  "rbac.extraOwners": [{ apiGroup: "", resource: "replicationcontrollers" }],
  "serviceAccount.annotations": { "example.com/role": "reader" },
  "service.annotations": { "example.com/scrape": "no" },
  "service.labels": { "example.com/kind": "api" },
  "service.type": "LoadBalancer",
  "service.ipFamilyPolicy": "SingleStack",
  "service.ipFamilies": ["IPv4"],
  "push.tokenSecret.name": "push-tokens",
  "page.hosts": ["evenkeel.example.com"],
  "tls.secretName": "evenkeel-tls",
  "tls.clientCaSecret.name": "proxies-ca",
  "auth.enabled": true,
  "auth.audiences": ["evenkeel"],
  "networkPolicy.ingressFrom": [{ namespaceSelector: { matchLabels: { role: "edge" } } }],
  "networkPolicy.extraEgress": [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
  priorityClassName: "system-cluster-critical",
  podLabels: { "example.com/tier": "control" },
  podAnnotations: { "example.com/note": 'yes: it\'s "quoted"' },
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: "zone", operator: "Exists" }] } },
      ],
    },
  },
  extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }],
  extraArgs: ["--http-port=8080"],
  extraVolumes: [{ name: "scratch", emptyDir: {} }],
  extraVolumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
  extraContainers: [{ ...restricted, name: "beside" }],
  initContainers: [{ ...restricted, name: "before" }],
  updateStrategy: { rollingUpdate: { maxUnavailable: 0 } },
  revisionHistoryLimit: 0,
  dnsPolicy: "None",
  dnsConfig: { nameservers: ["10.0.0.10"] },
  hostAliases: [{ ip: "10.0.0.1", hostnames: ["api.example.com"] }],
  deploymentAnnotations: { "example.com/reload": "yes" },
  extraObjects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "{{ .Release.Name }}-more" } }],
  "global.imageRegistry": "registry.example.com/",
  "global.imagePullSecrets": ["everybody", { name: "registry" }],
  "podMonitor.tokenSecret.name": "scrape-token",
  "podMonitor.labels": { release: "prometheus" },
  "podMonitor.annotations": { "example.com/note": "pods" },
  "podMonitor.relabelings": [{ action: "labeldrop", regex: "pod" }],
  "serviceMonitor.annotations": { "example.com/note": "service" },
  "serviceMonitor.scrapeTimeout": "10s",
  "serviceMonitor.metricRelabelings": [{ action: "drop", sourceLabels: ["__name__"], regex: "nodejs_.*" }],
  "prometheusRule.runbookUrl": "https://runbooks.example.com/%s",
  "prometheusRule.annotations": { "example.com/note": "rules" },
  "serviceMonitor.labels": { release: "prometheus" },
  "serviceMonitor.tlsConfig": { insecureSkipVerify: true },
  "prometheusRule.labels": { release: "prometheus" },
  "dashboard.annotations": { folder: "Kubernetes" },
};

/** Alternatives that ask for a cluster of another kind than the tests'. */
const needy: Readonly<Record<string, string>> = { "service.ipFamilyPolicy": "RequireDualStack" };

/** What needs others to be of use: each once, and with them in what is filled. */
const dependent: readonly Choice[] = [
  { "credentials.enabled": true },
  {
    "credentials.enabled": true,
    "credentials.namespaces": ["default"],
    "credentials.secretNames": ["consul-metrics", "vault-metrics"],
  },
  { "tls.secretName": "evenkeel-tls" },
  { "tls.certificate.create": true, "tls.certificate.issuerRef": { kind: "Issuer", name: "internal" } },
  { "tls.secretName": "evenkeel-tls", "tls.httpClientCerts": true, "tls.clientCaSecret.name": "proxies-ca" },
  {
    "tls.secretName": "evenkeel-tls",
    "auth.enabled": true,
    "serviceMonitor.enabled": true,
    "podMonitor.enabled": true,
    "podMonitor.tokenSecret.name": "scrape-token",
  },
  {
    "page.enabled": true,
    "page.hosts": ["evenkeel.example.com", "pools.example.com"],
    "page.ingress.enabled": true,
    "page.ingress.className": "nginx",
    "page.ingress.tls": [{ hosts: ["evenkeel.example.com"], secretName: "page-tls" }],
    "page.ingress.annotations": { "example.com/auth": "yes" },
    "page.httpRoute.enabled": true,
    "page.httpRoute.parentRefs": [{ name: "internal", namespace: "gateways" }],
    "page.httpRoute.annotations": { "example.com/auth": "yes" },
  },
];
const isDependent = (name: string): boolean =>
  dependent.some((choice) => name in choice && /^(tls|credentials|page\.(ingress|httpRoute))\./.test(name));

/** Ports that are alike, and add the same few lines: all of them or none, and each alone once. */
const ports: readonly string[] = ["extproc.enabled", "haproxy.enabled", "xds.enabled"];

interface Leaf {
  readonly name: string;
  readonly schema: ValueSchema;
}

const leaves = (schema: ValueSchema, path: readonly string[] = []): Leaf[] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
    value.properties ? leaves(value, [...path, key]) : [{ name: [...path, key].join("."), schema: value }],
  );

/** Values that are no objects of ours, each with its schema. */
const valueLeaves: readonly Leaf[] = leaves(valuesSchema());

const isSpecial = (name: string): boolean => name in filled || isDependent(name) || ports.includes(name);

/** What is on or off, or there or not. */
export const switches = (namespaces: readonly string[]): Switch[] => [
  ...valueLeaves
    .filter(({ name, schema }) => schema.type === "boolean" && !isSpecial(name))
    .map(({ name, schema }) => ({
      names: [name],
      choices: [{ [name]: schema.default }, { [name]: !schema.default }],
    })),
  {
    names: ports,
    choices: [false, true].map((isOn) => Object.fromEntries(ports.map((name) => [name, isOn]))),
  },
  { names: ["watchNamespaces"], choices: [{}, { watchNamespaces: namespaces }] },
  { names: Object.keys(filled), choices: [{}, filled] },
];

/** Names of values that a text of the chart reads, by itself or by what it includes. */
function readsOf(text: string, helpers: ReadonlyMap<string, string>, seen = new Set<string>()): string[] {
  const own = [...text.matchAll(/\.Values((?:\.[A-Za-z]+)+)/g)].map(([, path = ""]) => path.slice(1));
  const included = [...text.matchAll(/include "([\w.]+)"/g)].map(([, name = ""]) => name);
  const more = included.flatMap((name) => {
    if (seen.has(name)) return [];
    seen.add(name);
    return readsOf(helpers.get(name) ?? "", helpers, seen);
  });
  return [...own, ...more];
}

function templates(): string[][] {
  const folder = join(chartFolder, "templates");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  const helpers = new Map(
    texts.flatMap((text) =>
      [...text.matchAll(/define "([\w.]+)" -?}}\n([\s\S]*?)(?=\{\{- define|$)/g)].map(
        ([, name = "", body = ""]) => [name, body] as const,
      ),
    ),
  );
  return texts.filter((text) => !text.includes('define "')).map((text) => readsOf(text, helpers));
}

const touches = (read: string, name: string): boolean =>
  read === name || read.startsWith(`${name}.`) || name.startsWith(`${read}.`);

const product = (list: readonly Switch[]): Choice[] =>
  list.reduce<Choice[]>(
    (before, { choices }) => before.flatMap((chosen) => choices.map((choice) => ({ ...chosen, ...choice }))),
    [{}],
  );

const agree = (a: Choice, b: Choice): boolean =>
  Object.entries(b).every(([name, value]) => !(name in a) || JSON.stringify(a[name]) === JSON.stringify(value));

/** Each alternative of what has more than two, what needs others, and each port alone. */
function once(): Choice[] {
  const alternatives = valueLeaves.flatMap(({ name, schema }) =>
    (schema.enum ?? [])
      .filter((value) => value !== needy[name])
      .map((value) => ({ [name]: value, ...(name === "dnsPolicy" && { dnsConfig: filled.dnsConfig }) })),
  );
  return [...alternatives, ...dependent, ...ports.map((name) => ({ [name]: true }))];
}

/**
 * Values under which the chart renders every object that any combination of its switches renders. A template depends on
 * the values that it reads and on nothing else, so for each template all combinations of its own switches are enough; runs
 * are shared where the combinations of two templates agree.
 */
export function everyCombination(namespaces: readonly string[]): Choice[] {
  const known = switches(namespaces);
  const defaults = Object.fromEntries(
    known.flatMap(({ names, choices }) => names.map((name) => [name, choices[0]![name]] as const)),
  );
  const wanted = templates().flatMap((reads) => {
    const own = known.filter(({ names }) => names.some((name) => reads.some((read) => touches(read, name))));
    // A switch that is off says so, or two runs that differ in it would be taken for one that agree.
    return product(own).map((chosen) => ({
      ...Object.fromEntries(own.flatMap(({ names }) => names.map((name) => [name, defaults[name]] as const))),
      ...chosen,
    }));
  });
  const runs: Choice[] = [];
  for (const combination of wanted.sort((a, b) => Object.keys(b).length - Object.keys(a).length)) {
    const index = runs.findIndex((run) => agree(run, combination));
    if (index === -1) runs.push(combination);
    else runs[index] = { ...runs[index], ...combination };
  }
  return [...runs, ...once()].map((run) =>
    Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined)),
  );
}

/** Values under which every switch has each of its positions once: by itself, and with all others. */
export function everySwitch(namespaces: readonly string[]): Choice[] {
  const alternatives = switches(namespaces).map(({ choices }) => choices.slice(1));
  return [{}, ...alternatives.flat(), Object.assign({}, ...alternatives.flat()), ...once()];
}
