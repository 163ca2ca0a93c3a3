import { expect, test } from "vitest";
import {
  type CertificateFault,
  type Finding,
  printFinding,
  type SecretFault,
} from "../../../src/decide/samples/findings.ts";
import { factsOf } from "../../../src/decide/sources/sources.ts";
import type { SampleFailure } from "../../../src/decide/world.ts";
import { pool } from "../../builders/builders.ts";

const sources = {
  http: { http: { port: "metrics", connections: { name: "conns" }, load: { name: "load" } } },
  https: { http: { scheme: "HTTPS", connections: { name: "conns" } } },
  guarded: {
    http: {
      scheme: "HTTPS",
      host: "vault.shop.svc",
      connections: { name: "conns" },
      auth: { secret: { name: "scrape" }, type: "ClientCertificate" },
    },
  },
  nameless: { http: { scheme: "HTTPS", connections: { name: "conns" }, auth: { secret: { name: "scrape" } } } },
  calls: { http: { connections: { name: "started_total", minus: "handled_total", match: { m: "a.*" } } } },
  json: { json: { port: "admin", path: "/stats", connections: { pointer: "/conns" } } },
  resource: { resource: {} },
  container: { resource: { name: "memory", container: "app" } },
  query: { query: { load: { expr: "a" }, maxAge: "60s" } },
};

const status = (code: number): Finding => ({ kind: "status", status: code });
const field = "spec.metrics.source.http";
const secret = (fault: SecretFault, key?: string): Finding => ({
  kind: "secret",
  secret: "scrape",
  fault,
  ...(key !== undefined && { key }),
});
const certificate = (fault: CertificateFault): Finding => ({ kind: "certificate", fault });
const chart = "credentials.enabled";

const remedies: [
  failure: SampleFailure,
  finding: Finding | undefined,
  of: keyof typeof sources,
  remedy: string | undefined,
][] = [
  ["StatusNotOk", status(404), "http", `Check ${field}.path: /metrics.`],
  ["StatusNotOk", status(404), "json", "Check spec.metrics.source.json.path: /stats."],
  [
    "StatusNotOk",
    status(401),
    "http",
    `Let the pods serve /metrics to anybody, or name a Secret with a credential in ${field}.auth.`,
  ],
  [
    "StatusNotOk",
    status(403),
    "http",
    `Let the pods serve /metrics to anybody, or name a Secret with a credential in ${field}.auth.`,
  ],
  [
    "StatusNotOk",
    status(400),
    "http",
    `Check ${field}.path: /metrics; if the port speaks TLS, set ${field}.scheme to HTTPS.`,
  ],
  ["StatusNotOk", status(400), "https", `Check ${field}.path: /metrics.`],
  ["StatusNotOk", status(429), "http", "The pods limit how often they are asked: raise spec.metrics.interval."],
  ["StatusNotOk", status(503), "http", "The pods fail to answer at /metrics: their own log tells why."],
  ["Malformed", { kind: "line", line: 1 }, "http", `Check ${field}.path: /metrics.`],
  ["Malformed", { kind: "line", line: 17 }, "http", "What the pods serve at /metrics breaks the format there."],
  [
    "Malformed",
    { kind: "cut" },
    "http",
    "OpenMetrics without its end is one that was cut: its last line must be # EOF.",
  ],
  ["ConnectFailed", undefined, "http", `Check ${field}.port: nothing answers on metrics.`],
  ["ConnectFailed", undefined, "https", `Check ${field}.port and scheme: nothing answers on metrics with TLS.`],
  ["NotHttp", undefined, "http", `Check ${field}.port and scheme: what answers on metrics speaks no HTTP/1.`],
  [
    "BodyTooLarge",
    { kind: "limit", most: 1_048_576 },
    "http",
    `Raise ${field}.maxBytes, up to 8388608, or let the pods tell less there.`,
  ],
  [
    "BodyTooLarge",
    undefined,
    "json",
    "Raise spec.metrics.source.json.maxBytes, up to 2097152, or let the pods tell less there.",
  ],
  ["TooManySamples", undefined, "http", `Raise ${field}.maxSamples, up to 100000, or let the pods tell less there.`],
  [
    "MetricMissing",
    { kind: "absent", metric: "conns", near: [], otherLabels: true },
    "http",
    `Check matchLabels in ${field}.`,
  ],
  ["MetricMissing", { kind: "absent", metric: "conns", near: [] }, "http", `Check the names and labels in ${field}.`],
  [
    "MetricMissing",
    { kind: "absent", metric: "handled_total", near: [] },
    "calls",
    `Check the names and labels in ${field}. A counter that begins with the first call is not there before: let the pods begin it at 0.`,
  ],
  [
    "MetricMissing",
    { kind: "absent", metric: "handled_total", near: ["handled"] },
    "calls",
    `Check the names and labels in ${field}.`,
  ],
  [
    "MetricMissing",
    { kind: "absent", metric: "started_total", near: [], otherLabels: true },
    "calls",
    `Check matchLabels and match in ${field}.`,
  ],
  [
    "TooManySamples",
    { kind: "labels" },
    "http",
    `Match by a label of ${field} that has fewer values, or shorter ones.`,
  ],
  ["MetricMissing", undefined, "json", "Check the pointers in spec.metrics.source.json."],
  [
    "MetricMissing",
    undefined,
    "resource",
    "metrics.k8s.io tells nothing of the pod yet: it takes a minute or two to know a new one.",
  ],
  [
    "NoCpuRequest",
    undefined,
    "resource",
    "Give the containers CPU requests, or set spec.metrics.source.resource.capacity.",
  ],
  [
    "NoMemoryRequest",
    undefined,
    "container",
    "Give container app memory requests, or set spec.metrics.source.resource.capacity.",
  ],
  [
    "ContainerMissing",
    undefined,
    "container",
    "Check spec.metrics.source.resource.container: no container that runs as long as its pod does is called app.",
  ],
  ["ValueRefused", { kind: "value", metric: "load", fault: "Absurd" }, "http", `Check ${field}.load.capacity.`],
  ["ValueRefused", { kind: "value", metric: "conns", fault: "Absurd" }, "http", undefined],
  [
    "ValueRefused",
    { kind: "value", metric: "conns", fault: "TooOld" },
    "http",
    "The pod answers with a value that it has kept: let it send no timestamp, or set its clock.",
  ],
  ["TimedOut", undefined, "http", undefined],
  ["StatusNotOk", status(401), "guarded", `The pods do not take the credential in Secret scrape (${field}.auth).`],
  ["CredentialsMissing", secret("Unread"), "guarded", undefined],
  ["CredentialsMissing", secret("SwitchedOff"), "guarded", `Set ${chart} to true in the operator's chart.`],
  [
    "CredentialsMissing",
    secret("Unguarded"),
    "guarded",
    `Install the admission policy of the operator's own version, with a binding that denies: the chart has both (${chart}, admissionPolicy.enabled).`,
  ],
  [
    "CredentialsMissing",
    { kind: "secret", secret: "scrape", fault: "Unasked", policy: "1-2-3" },
    "guarded",
    "Somebody who may get Secret scrape must annotate the pool with evenkeel.io/secrets-policy=1-2-3.",
  ],
  [
    "CredentialsMissing",
    secret("Forbidden"),
    "guarded",
    "Give it the right: credentials.namespaces and credentials.secretNames in its chart say where and on which.",
  ],
  [
    "CredentialsMissing",
    secret("NotFound"),
    "guarded",
    `Make it in the pool's namespace, or correct ${field}.auth.secret.name.`,
  ],
  ["CredentialsMissing", secret("KeyMissing", "tls.crt"), "guarded", `Add the key, or correct ${field}.auth.type.`],
  [
    "CredentialsMissing",
    secret("KeyMalformed", "tls.key"),
    "guarded",
    "It must be the key of tls.crt, in PEM and without a passphrase.",
  ],
  [
    "CredentialsMissing",
    secret("KeyMalformed", "token"),
    "nameless",
    "It must be one word of printable ASCII, of 6 KiB at most.",
  ],
  ["CredentialsMissing", secret("Unreachable"), "guarded", "The API server cannot be asked."],
  [
    "CertificateRefused",
    certificate("NotTrusted"),
    "guarded",
    "Check ca.crt in Secret scrape: the pods' certificates are of another authority.",
  ],
  ["CertificateRefused", certificate("Expired"), "guarded", "Renew the pods' certificates."],
  [
    "CertificateRefused",
    certificate("NotYetValid"),
    "guarded",
    "Check when the pods' certificates begin, and the nodes' clocks.",
  ],
  [
    "CertificateRefused",
    certificate("OtherName"),
    "guarded",
    `Correct ${field}.host: the pods' certificates are not for vault.shop.svc.`,
  ],
  [
    "CertificateRefused",
    certificate("OtherName"),
    "nameless",
    `Set ${field}.host to a name that the pods' certificates are for: without it that must be the pod's address.`,
  ],
  [
    "CertificateRefused",
    certificate("OursRefused"),
    "guarded",
    "Check tls.crt in Secret scrape: the pods do not take it.",
  ],
  [
    "CertificateRefused",
    certificate("OursRefused"),
    "https",
    `The pods ask for a client's certificate: name a Secret with one in ${field}.auth, of type ClientCertificate.`,
  ],
  [
    "SourceUnset",
    undefined,
    "query",
    "The operator was not told where to ask: give it --query-address (the chart's query.address).",
  ],
  [
    "QueryRefused",
    { kind: "promql", field: "load.expr", fault: "OtherNamespace", character: 3 },
    "query",
    "Leave the namespace out: a pool sees its own alone.",
  ],
  ["QueryRefused", { kind: "promql", field: "load.expr", fault: "Syntax", character: 3 }, "query", undefined],
  [
    "ValueRefused",
    { kind: "value", metric: "load", fault: "TooOld" },
    "query",
    "Prometheus has had nothing newer for 60 s: see whether it scrapes the pods. spec.metrics.source.query.maxAge must be longer than its scrape interval.",
  ],
  [
    "ValueRefused",
    { kind: "value", metric: "load", fault: "Absurd" },
    "query",
    "Check spec.metrics.source.query.load.capacity.",
  ],
  [
    "StatusNotOk",
    { kind: "asked", field: "errors", finding: status(422) },
    "query",
    "Prometheus cannot compute spec.metrics.source.query.errors.expr: asked there, it says why.",
  ],
  [
    "AnswerPartial",
    { kind: "asked", field: "load" },
    "query",
    "Thanos, or what is behind it, could not ask all of its stores: its own page tells which.",
  ],
];

test.each(remedies)("%s, %j, of %s: %s", (failure, finding, of, remedy) => {
  const given = pool({
    strategy: { type: "Random" },
    metrics: { interval: "30s", timeout: "1s", source: sources[of] },
  });
  expect(factsOf(given.spec.metrics).remedyOf({ failure, ...(finding && { finding }) })).toBe(remedy);
});

const ports = (...declared: [string | undefined, number][]): Finding => ({
  kind: "ports",
  declared: declared.map(([name, port]) => ({ ...(name && { name }), port })),
});

test.each<[finding: Finding | undefined, text: string | undefined]>([
  [undefined, undefined],
  [status(503), "status 503"],
  [{ kind: "encoding", encoding: "zstd" }, "sent as zstd"],
  [{ kind: "line", line: 3 }, "line 3 is no sample"],
  [{ kind: "cut" }, "ends without # EOF"],
  [{ kind: "broken", what: "gzip" }, "broken gzip"],
  [{ kind: "limit", most: 10_000 }, "more than 10000"],
  [ports(["http", 8080], [undefined, 9090]), "declares http 8080, 9090"],
  [ports(), "declares no port"],
  [
    ports(...Array.from({ length: 10 }, (_, index): [undefined, number] => [undefined, index + 1])),
    "declares 1, 2, 3, 4, 5, 6, 7, 8, 2 more",
  ],
  [{ kind: "absent", metric: "a", near: [] }, "no a"],
  [{ kind: "absent", metric: "a", near: ["b", "c"] }, "no a, but b, c"],
  [{ kind: "absent", metric: "a", near: [], otherLabels: true }, "a has other labels"],
  [{ kind: "value", metric: "a", fault: "NaN" }, "a is NaN"],
  [{ kind: "value", metric: "a", fault: "Negative" }, "a is negative"],
  [{ kind: "value", metric: "a", fault: "Infinite" }, "a is infinite"],
  [{ kind: "value", metric: "a", fault: "Absurd" }, "a is absurdly large"],
  [{ kind: "value", metric: "a", fault: "TooOld" }, "a is too old by its timestamp"],
  [{ kind: "value", metric: "a", fault: "NoNumber" }, "a is no number"],
  [{ kind: "value", metric: "a", fault: "Several" }, "a has several series for one pod"],
  [{ kind: "asked", field: "load" }, "load"],
  [{ kind: "asked", field: "load", finding: status(422) }, "load: status 422"],
  [
    { kind: "promql", field: "load.expr", fault: "NoMetric", character: 7 },
    "load.expr has a selector without the name of one metric, at character 7",
  ],
])("%j reads %s", (finding, text) => expect(printFinding(finding)).toBe(text));
