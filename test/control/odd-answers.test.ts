import { expect, test } from "vitest";
import { crd } from "../../src/api/crd.ts";
import { startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { nextAddress, useCleanups } from "../observe/sampling/fake-pods.ts";
import { poolsPath } from "../rigs/embedded-stage.ts";
import { RunningOperator } from "../rigs/operator.ts";
import { answerOf, createScriptedPods, type Script, scriptedPod, scriptedPort } from "../rigs/pods/scripted-pods.ts";
import { connectHttp } from "../suites/api-suite/connection.ts";
import { Session } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const cleanups = useCleanups();

interface Case {
  readonly script: Script;
  readonly source?: object;
  /** Of the endpoint. */
  readonly connections?: number;
  /** Of MetricsHealthy. */
  readonly verdict: readonly [status: string, reason: string];
  readonly message: string;
}

const fresh = ["True", "AllFresh"] as const;
const held = ["False", "TooFewFresh"] as const;
const allFresh = "1 of 1 pods have a fresh sample.";
const failing = (name: string, why: string, remedy = "") =>
  `0 of 1 pods have a fresh sample: ${why.replace("(", `(${name}: `)}.${remedy && ` ${remedy}`} No replica is removed. Weights move to their long-run values, if these are known.`;

const open = "open_connections 7\n";
const times = { responseTime: { name: "http_request_duration_seconds" } };
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = (pieces: readonly string[]) =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${pieces.map(chunk).join("")}0\r\n\r\n`;
const read = (script: Script): Case => ({ script, connections: 7, verdict: fresh, message: allFresh });

const cases: Record<string, Case> = {
  "long-label": read(answerOf(`target_info{process_command_line="${"/opt/app/libs/x.jar:".repeat(300)}"} 1\n${open}`)),
  "many-labels": read(answerOf(`i{${Array.from({ length: 300 }, (_, i) => `l${i}="v"`).join()}} 1\n${open}`)),
  "long-help": read(answerOf(`# HELP x ${"word ".repeat(20_000)}\nx 1\n${open}`)),
  "bare-lf": read(`HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: ${open.length}\n\n${open}`),
  "small-chunks": read(chunked([...Array.from({ length: 4_200 }, (_, i) => `a{i="${i}"} 1\n`), open])),
  "nan-sum": {
    script: answerOf(`${open}http_request_duration_seconds_sum NaN\nhttp_request_duration_seconds_count 12\n`),
    source: times,
    connections: 7,
    verdict: ["True", "SomeRefused"],
    message: `${allFresh} Left out: responseTime on 1 (nan-sum: http_request_duration_seconds_sum is NaN).`,
  },
  "inf-requests": {
    script: answerOf(`${open}served_total +Inf\n`),
    source: { requests: { name: "served_total" } },
    connections: 7,
    verdict: ["True", "SomeRefused"],
    message: `${allFresh} Left out: requests on 1 (inf-requests: served_total is infinite).`,
  },
  "no-http": {
    script: open,
    verdict: held,
    message: failing(
      "no-http",
      "NotHttp on 1 (no-http)",
      "Check spec.metrics.source.http.port and scheme: what answers on metrics speaks no HTTP/1.",
    ).replace("(no-http: no-http)", "(no-http)"),
  },
  mistyped: {
    script: answerOf("# TYPE open_connection gauge\nopen_connection 7\nsecret_token 8\n"),
    verdict: held,
    message: failing(
      "mistyped",
      "MetricMissing on 1 (no open_connections, but open_connection)",
      "Check the names and labels in spec.metrics.source.http.",
    ),
  },
  failing: {
    script: "HTTP/1.1 503 CANARY\r\ncontent-length: 6\r\n\r\nCANARY",
    verdict: held,
    message: failing(
      "failing",
      "StatusNotOk on 1 (status 503)",
      "The pods fail to answer at /metrics: their own log tells why.",
    ),
  },
  "too-old": {
    script: answerOf("open_connections 7 1000\n"),
    verdict: held,
    message: failing(
      "too-old",
      "ValueRefused on 1 (open_connections is too old by its timestamp)",
      "The pod answers with a value that it has kept: let it send no timestamp, or set its clock.",
    ),
  },
  "wrong-port": {
    script: "",
    source: { port: "admin" },
    verdict: held,
    message: failing(
      "wrong-port",
      `PortNotDeclared on 1 (declares metrics ${scriptedPort})`,
      "Check spec.metrics.source.http.port: no container declares admin.",
    ),
  },
  "too-large": {
    script: answerOf("# comment\n".repeat(500) + open),
    source: { maxBytes: 4_096 },
    verdict: held,
    message: failing(
      "too-large",
      "BodyTooLarge on 1 (more than 4096)",
      "Raise spec.metrics.source.http.maxBytes, up to 8388608, or let the pods tell less there.",
    ),
  },
  large: { ...read(answerOf(`# comment ${"x".repeat(4_000_000)}\n${open}`)), source: { maxBytes: 8_388_608 } },
  "too-many": {
    script: answerOf(`a 1\nb 1\n${open}`),
    source: { maxSamples: 2 },
    verdict: held,
    message: failing(
      "too-many",
      "TooManySamples on 1 (more than 2)",
      "Raise spec.metrics.source.http.maxSamples, up to 100000, or let the pods tell less there.",
    ),
  },
};

test("each odd answer is read as far as it can be, or told for what it is", async () => {
  const pods = createScriptedPods(nextAddress);
  const embedded = await startEmbedded({ crds: [crd()], runtime: pods });
  cleanups.add(() => embedded.close());
  const session = new Session(connectHttp(embedded.url, "default"));
  for (const [name, { script, source }] of Object.entries(cases)) {
    pods.scripts.set(name, script);
    await session.create(`${session.core}/pods`, scriptedPod(name));
    await session.create(poolsPath, {
      apiVersion: "evenkeel.io/v1alpha1",
      kind: "LoadBalancerPool",
      metadata: { name },
      spec: {
        selector: { matchLabels: { app: name } },
        ports: [{ name: "metrics", port: scriptedPort }],
        strategy: { type: "LeastConnections" },
        metrics: {
          interval: "1s",
          timeout: "900ms",
          source: { http: { connections: { name: "open_connections" }, ...source } },
        },
      },
    });
  }
  const operator = await RunningOperator.start({ embeddedUrl: embedded.url, namespaces: undefined, lease: undefined });
  cleanups.add(() => operator.stop());

  const verdictOf = ({ conditions }: PoolDocument) => {
    const { status, reason, message } = conditions.find(({ type }) => type === "MetricsHealthy")!;
    return { status, reason, message };
  };
  for (const [
    name,
    {
      connections,
      verdict: [status, reason],
      message,
    },
  ] of Object.entries(cases)) {
    const served = await waitFor(async () => {
      const document = await operator.pool("default", name);
      return document && verdictOf(document).reason === reason && document;
    }, `${name} to be ${reason}`);
    expect(verdictOf(served), name).toEqual({ status, reason, message });
    expect(served.endpoints[0]?.connections, name).toBe(connections);
  }
  // The same reaches the condition in status.
  await waitFor(async () => {
    const { status } = await session.get(`${poolsPath}/nan-sum`);
    const condition = status?.conditions?.find(({ type }: { type: string }) => type === "MetricsHealthy");
    return condition?.message === cases["nan-sum"]!.message;
  }, "the condition in status");
  const everything = JSON.stringify(await session.get(poolsPath)) + operator.log.join("");
  expect(everything).not.toContain("CANARY");
  expect(everything).not.toContain("secret_token");
});
