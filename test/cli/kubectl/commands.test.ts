import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { crd } from "../../../src/api/crd.ts";
import { pool as poolSchema } from "../../../src/api/pool.ts";
import { createLoopbackPods } from "../../../src/lab/embedded/loopback-pods.ts";
import { type Embedded, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { runningPods, webDeployment } from "../../lab/embedded/cluster.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { mergePatch, pod as podManifest, Session } from "../../suites/api-suite/session.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { findProgram, requirePart } from "../../tools/require-part.ts";
import { type Ended, Plugin, runFile } from "./plugin.ts";

const namespace = "shop";
const problemsOf = (object: unknown): string[] =>
  poolSchema.safeParse(object).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
const poolsPath = `/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools`;
const source = { http: { connections: { name: "c" }, load: { name: "l" } } };

let plugin: Plugin;
let server: Embedded;
let session: Session;
let config: string;
let pods: string[];

const run = (...args: readonly string[]): Promise<Ended> => plugin.run([...args, "--kubeconfig", config]);
const succeed = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
};
/** The one line that says what is wrong. */
const fail = async (code: number, ...args: readonly string[]): Promise<string> => {
  const ended = await run(...args);
  expect(ended).toMatchObject({ code, stdout: "" });
  const [line, ...more] = ended.stderr.split("\n");
  expect(more).toEqual([""]);
  expect(line).toMatch(/^kubectl evenkeel: /);
  return line!.slice("kubectl evenkeel: ".length);
};
const rows = (text: string): string[][] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/\s{2,}/));

const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: "2026-03-01T12:00:00Z",
  observedGeneration: 1,
});

const pool = (name: string, spec: object) => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name },
  spec: { ports: [{ port: 8080 }], ...spec },
});

const writeStatus = (name: string, status: object) =>
  session.patch(`${poolsPath}/${name}/status`, { status }, mergePatch);

const webStatus = () => ({
  observedGeneration: 1,
  conditions: [
    condition("Ready", "True", "EndpointsReady", "1 endpoint takes traffic."),
    condition("MetricsHealthy", "False", "TooFewFresh", "0 of 1 pods have a fresh sample."),
    condition("ScalingActive", "True", "WithinLimit", "Average load 41.2% is within the limit of 50%."),
  ],
  ready: "1/2",
  replicas: 2,
  recommendedReplicas: 3,
  averageLoad: 41,
  source: "Http",
  oldestSample: "<3.8s",
  endpoints: [
    { pod: pods[0], address: "127.0.0.9", connections: 12, load: 41, weight: 1_000, reason: "12 connections" },
  ],
});

beforeAll(async () => {
  plugin = await Plugin.build();
  server = await startEmbedded({ crds: [crd()], validate: problemsOf, runtime: createLoopbackPods() });
  config = await plugin.kubeconfig(server.url, namespace);
  session = new Session(connectHttp(server.url, namespace));
  for (const name of [namespace, "elsewhere"])
    await session.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await session.create(session.deployments, webDeployment("web", 2));
  pods = await runningPods(session, 2);
  const scaling = { mode: "Recommend", maxReplicas: 4 };
  await session.create(poolsPath, pool("web", { targetRef: { name: "web" }, metrics: { source }, scaling }));
  const selector = { matchLabels: { app: "web" } };
  await session.create(poolsPath, pool("plain", { selector, strategy: { type: "RoundRobin" } }));
  await writeStatus("web", webStatus());
});

afterAll(async () => {
  await server?.close();
  await plugin?.remove();
});

test("the bundle holds nothing of the operator", () => {
  // What reads a pod's answer is the operator's own.
  const inputs = plugin.inputs.filter((file) => !/^src\/observe\/(sources\/|sampling\/reading)/.test(file));
  const rooms = new Set(inputs.flatMap((file) => /^src\/(\w+)\//.exec(file)?.[1] ?? []));
  for (const room of ["control", "observe", "serve", "sim", "client", "telemetry"]) expect(rooms).not.toContain(room);
  expect(plugin.inputs.some((file) => file.includes("node_modules/prom-client"))).toBe(false);
});

describe("status", () => {
  test("lists the pools, and what is wrong with them", async () => {
    const text = await succeed("status");
    const [head, plain, web] = rows(text);
    expect(head).toEqual(["NAME", "STRATEGY", "READY", "REPLICAS", "LOAD", "SCALING", "AGE"]);
    expect(plain?.slice(0, 6)).toEqual(["plain", "RoundRobin", "-", "-", "-", "-"]);
    expect(web?.slice(0, 6)).toEqual(["web", "LeastConnections", "1/2", "2", "41%/50%", "Recommend"]);
    expect(text).toContain("! web MetricsHealthy TooFewFresh: 0 of 1 pods have a fresh sample.\n");
    expect(text).toContain("! plain Observed NotReported: No operator has reported on this pool");
    expect(text).not.toContain("\x1b");
  });

  test("shows the pods of one, those without traffic too", async () => {
    const text = await succeed("status", "web");
    const table = rows(text);
    const head = table.findIndex(([first]) => first === "#");
    expect(table[head]).toEqual(["#", "POD", "CONNECTIONS", "LOAD", "WEIGHT", "AGE", "REASON"]);
    const [first, second] = [table[head + 1]!, table[head + 2]!];
    expect([...first.slice(0, 5), first[6]]).toEqual(["1", pods[0], "12", "41%", "1000", "12 connections"]);
    expect(second.slice(0, 5)).toEqual(["-", pods[1], "-", "-", "-"]);
    expect(text).toContain(
      "ready 1/2   replicas 2   recommended 3   load 41%/50%   scaling Recommend 1-4   samples Http <3.8s",
    );
  });

  test("gives the same as JSON and YAML", async () => {
    const detail = JSON.parse(await succeed("status", "shop/web", "-o", "json"));
    expect(detail).toMatchObject({
      namespace,
      name: "web",
      strategy: "LeastConnections",
      workload: "Deployment/web",
      scaling: "Recommend",
      ready: { count: 1, of: 2 },
      oldestSample: { withinMs: 3_800 },
      recommendedReplicas: 3,
      limit: 50,
      decision: { reason: "WithinLimit" },
      troubles: [{ type: "MetricsHealthy", status: "False", reason: "TooFewFresh" }],
      pods: [
        { rank: 1, pod: pods[0], connections: 12, load: 41, weight: 1_000, node: "loopback" },
        { pod: pods[1], node: "loopback", reason: "ready, not listed in status" },
      ],
    });
    expect(parse(await succeed("status", "web", "-o=yaml"))).toEqual(detail);
    const { pools } = JSON.parse(await succeed("status", "-ojson"));
    const { pods: _, ...pool } = detail;
    expect(pools[1]).toEqual(pool);
  });

  test("looks where it is told to", async () => {
    expect(rows(await succeed("status", "-A"))[1]?.slice(0, 2)).toEqual([namespace, "plain"]);
    const wide = rows(await succeed("status", "-A", "-o", "wide"))[0];
    expect(wide).toEqual(expect.arrayContaining(["RANGE", "RECOMMENDED", "WORKLOAD", "SOURCE", "OLDEST", "DECISION"]));
    const nowhere = await run("status", "--context", "elsewhere");
    expect(nowhere).toEqual({
      code: 0,
      stdout: "",
      stderr: "There is no pool in namespace elsewhere. status -A looks at all namespaces.\n",
    });
    expect(await succeed("status", "web", "--context", "elsewhere", "-n", namespace)).toContain("shop/web");
  });

  test("says when the status is behind the spec", async () => {
    await session.patch(`${poolsPath}/web`, { spec: { scaling: { maxReplicas: 5 } } }, mergePatch);
    expect(await succeed("status")).toMatch(
      /! web Observed Behind: The status is about generation 1 of the spec, which is at 2/,
    );
    await writeStatus("web", { observedGeneration: 2 });
    expect(await succeed("status")).not.toContain("Behind");
  });

  test("bears that nobody reads on", async () => {
    const { stderr } = await runFile(
      "sh",
      ["-c", `kubectl-evenkeel status -A --kubeconfig ${config} | true`],
      plugin.env,
    );
    expect(stderr).toBe("");
  });

  const hasKubectl = requirePart("kubectl", findProgram("kubectl") !== undefined);
  test.skipIf(!hasKubectl)("is a command of kubectl", async () => {
    const { stdout, stderr } = await runFile("kubectl", ["evenkeel", "status"], { ...plugin.env, KUBECONFIG: config });
    expect(stderr).toBe("");
    expect(rows(stdout)[0]?.[0]).toBe("NAME");
  });
});

describe("what goes wrong", () => {
  test("a pool that is not there, and the one that was meant", async () => {
    expect(await fail(1, "status", "wbe")).toBe("there is no pool shop/wbe: did you mean web?");
    expect(await fail(1, "status", "default/plain")).toBe("there is no pool default/plain: did you mean shop/plain?");
    expect(await fail(1, "pause", "checkout")).toBe("there is no pool shop/checkout; namespace shop has plain, web");
    expect(await fail(1, "watch", "elsewhere/x")).toBe(
      "there is no pool elsewhere/x, nor any other pool in namespace elsewhere: try status -A",
    );
  });

  test("a cluster without Evenkeel", async () => {
    const bare = await startEmbedded({ crds: [] });
    try {
      const kubeconfig = await plugin.kubeconfig(bare.url, "default");
      for (const args of [["status"], ["status", "web"], ["watch"], ["pause", "web"]]) {
        const { code, stderr } = await plugin.run([...args, "--kubeconfig", kubeconfig]);
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr:
            "kubectl evenkeel: this cluster has no LoadBalancerPools: install Evenkeel (helm install evenkeel charts/evenkeel --namespace evenkeel --create-namespace), or choose another --context\n",
        });
      }
    } finally {
      await bare.close();
    }
  });

  test("no operator to be found, or none at the address", async () => {
    expect(await fail(1, "explain", "web")).toBe(
      "no Service with the labels app.kubernetes.io/name=evenkeel,app.kubernetes.io/component=api was found: install the operator with its chart, or name its address with --operator-url",
    );
    const [wrong, closed] = [server.url, "http://127.0.0.1:9"];
    expect(await fail(1, "explain", "web", "--operator-url", wrong)).toMatch(
      /does not answer as the operator would \(its answer is no(ne of an operator| JSON)\): check --operator-url$/,
    );
    expect(await fail(1, "explain", "web", "--operator-url", closed)).toBe(
      "the operator at http://127.0.0.1:9 cannot be reached (ECONNREFUSED): check --operator-url",
    );
    expect(await fail(1, "explain", "web", "--operator-url", "here")).toBe(
      "--operator-url here is no address: write http://HOST:PORT",
    );
  });

  test("no cluster at all", async () => {
    const gone = await plugin.kubeconfig("http://127.0.0.1:9", "default");
    const { code, stderr } = await plugin.run(["status", "--kubeconfig", gone]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "kubectl evenkeel: the API server http://127.0.0.1:9 cannot be reached (ECONNREFUSED): start the cluster, or choose another --context or --kubeconfig\n",
    });
    for (const args of [
      ["watch"],
      ["explain", "web"],
      ["pause", "web"],
      ["drain", "web-1"],
      ["init", "deployment/web"],
    ])
      expect((await plugin.run([...args, "--kubeconfig", gone])).stderr).toContain(
        "http://127.0.0.1:9 cannot be reached",
      );
    expect((await plugin.run(["status", "-A", "--kubeconfig", gone, "-s", server.url])).stdout).toContain("plain");
    expect((await plugin.run(["status", "-A", `--server=${server.url}`])).stdout).toContain("plain");
    expect((await plugin.run(["status"])).stderr).toMatch(
      /^kubectl evenkeel: the kubeconfig cannot be used: found no kubeconfig/,
    );
    expect(await fail(2, "status", "--context", "x")).toMatch(/has no context named "x"$/);
  });

  test.each([
    [["status", "a", "b"], "status takes one pool, not 2"],
    [["status", "web", "-A"], "--all-namespaces is for all pools: leave the pool or the flag out"],
    [["status", "x/web", "-n", "shop"], "x/web is in namespace x, --namespace says shop"],
    [["status", "lbp/shop/web"], "lbp/shop/web is no name: write NAME or NAMESPACE/NAME"],
    [["status", "-n"], "--namespace needs a value: NAME"],
    [["status", "-o", "xml"], "--output: must be one of json, yaml, wide"],
    [["status", "--wide"], "there is no flag --wide: --help lists those that there are"],
    [["status", "--nmaespace", "x"], /^there is no flag --nmaespace: did you mean --namespace\? --help lists/],
    [["drain", "a", "--timeuot=1s"], /^there is no flag --timeuot: did you mean --timeout\?/],
    [["status", "-w"], "there is no flag -w: --help lists those that there are"],
    [["statsu"], "there is no command statsu: did you mean status?"],
    [["pause"], "name one pool: POOL or NAMESPACE/POOL"],
    [["drain", "a", "b"], "name one pod: POD or NAMESPACE/POD"],
    [["version", "web"], "version takes no arguments"],
    [["init", "svc/web"], /^svc\/web is no workload: name the Deployment/],
    [["completion", "tcsh"], "name one shell: bash, zsh, fish"],
    [["constructor"], /^there is no command constructor: init, check, status, watch/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await plugin.run(args, { KUBECONFIG: config });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const line = stderr.replace(/^kubectl evenkeel: /, "").trimEnd();
    if (typeof message === "string") expect(line).toBe(message);
    else expect(line).toMatch(message);
  });
});

describe("pause and resume", () => {
  const read = () => session.get(`${poolsPath}/web`);

  test("keep the mode that there was, and are the same twice", async () => {
    expect(await succeed("pause", "web")).toBe(
      "shop/web is paused, was Recommend: its replicas stay as they are, its endpoints follow the load still.\n",
    );
    const paused = await read();
    expect(paused.spec.scaling.mode).toBe("Paused");
    expect(paused.metadata.annotations).toEqual({ "evenkeel.io/mode-before-pause": "Recommend" });
    expect(await succeed("pause", "shop/web")).toBe("shop/web is paused already; it would resume as Recommend.\n");
    expect((await read()).metadata.resourceVersion).toBe(paused.metadata.resourceVersion);

    expect(await succeed("resume", "web")).toBe(
      "shop/web is resumed as Recommend: it says how many replicas are needed and leaves them alone.\n",
    );
    const resumed = await read();
    expect(resumed.spec).toEqual({ ...paused.spec, scaling: { ...paused.spec.scaling, mode: "Recommend" } });
    expect(resumed.metadata.annotations ?? {}).toEqual({});
    expect(await succeed("resume", "web")).toBe("shop/web is not paused: its mode is Recommend.\n");
  });

  test("a pool that somebody else paused resumes as Auto", async () => {
    await session.patch(`${poolsPath}/web`, { spec: { scaling: { mode: "Paused" } } }, mergePatch);
    expect(await succeed("resume", "web")).toBe("shop/web is resumed as Auto: its replicas follow the load.\n");
    expect((await read()).spec.scaling.mode).toBe("Auto");
  });

  test("lose nothing that somebody else writes at the same time", async () => {
    let writing = true;
    const writer = (async () => {
      for (let count = 0; writing; count += 1) {
        await session.patch(`${poolsPath}/web`, { metadata: { labels: { count: String(count) } } }, mergePatch);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await succeed("pause", "web");
    writing = false;
    await writer;
    const { spec, metadata } = await read();
    expect([spec.scaling.mode, metadata.annotations["evenkeel.io/mode-before-pause"]]).toEqual(["Paused", "Auto"]);
    expect(metadata.labels.count).toMatch(/^\d+$/);
    await succeed("resume", "web");
  });

  test("have nothing to do where nothing scales", async () => {
    expect(await fail(1, "pause", "plain")).toBe(
      "shop/plain has no spec.scaling: it scales nothing that could be paused",
    );
  });
});

describe("drain", () => {
  const annotations = async (pod: string) =>
    (await session.get(`${session.core}/pods/${pod}`)).metadata.annotations ?? {};

  /** As the operator tells of a drain. */
  const writeDraining = (pod: string, connections?: number) =>
    Promise.all(["web", "plain"].map((name) => writeStatus(name, { endpoints: [], draining: [{ pod, connections }] })));
  const stopDraining = () =>
    Promise.all([writeStatus("web", { ...webStatus(), draining: null }), writeStatus("plain", { draining: null })]);

  test("asks for it, says what follows, and takes it back", async () => {
    const [pod = ""] = pods;
    const text = await succeed("drain", pod, "--no-wait");
    expect(text).toContain(
      `${pod} gets no new traffic from plain and web and keeps its 12 connections; kubectl evenkeel drain shop/${pod} --undo lets it back.\n`,
    );
    expect(text).toContain("web has no other pod that takes traffic: it keeps this one until it has.\n");
    expect(await annotations(pod)).toMatchObject({ "evenkeel.io/drain": "true" });
    expect(await succeed("drain", `shop/${pod}`, "--no-wait")).toBe(`${pod} is being drained already.\n`);
    expect(await succeed("drain", pod, "--undo")).toBe(`${pod} takes traffic again as soon as it is ready.\n`);
    expect(await annotations(pod)).not.toHaveProperty("evenkeel.io/drain");
    expect(await succeed("drain", pod, "--undo")).toBe(`${pod} is not being drained.\n`);
  });

  test("asks for the pod's removal where that is wanted, says what will come of it, and may be told otherwise", async () => {
    const [pod = ""] = pods;
    const setMode = (mode: string) => session.patch(`${poolsPath}/web`, { spec: { scaling: { mode } } }, mergePatch);
    const { mode } = (await session.get(`${poolsPath}/web`)).spec.scaling;
    await setMode("Auto");
    const text = await succeed("drain", pod, "--remove", "--no-wait");
    expect(text).toContain(`${pod} gets no new traffic from plain and web`);
    expect(text).toContain(
      "web removes it first when fewer pods are enough, and adds another where its load needs one.\n",
    );
    expect(await annotations(pod)).toMatchObject({ "evenkeel.io/drain": "remove" });
    await setMode("Recommend");
    expect(await succeed("drain", pod, "--remove", "--no-wait")).toBe(
      `${pod} is being drained already.\nweb removes nothing: its mode is Recommend.\n`,
    );
    expect(await succeed("status", "web")).toContain(pod);
    expect(await succeed("drain", pod, "--no-wait")).toBe(`${pod} is drained to be kept now.\n`);
    expect(await annotations(pod)).toMatchObject({ "evenkeel.io/drain": "true" });
    expect(await succeed("drain", pod, "--remove", "--no-wait")).toContain(`${pod} is drained to be removed now.\n`);
    const { uid } = (await session.get(`${session.core}/pods/${pod}`)).metadata;
    const drain = { time: "2026-03-01T12:00:00Z", from: 2, to: 1, message: "", pods: [{ name: pod, uid }] };
    await writeStatus("web", { drain });
    expect(await succeed("drain", pod, "--undo")).toBe(
      `web removes ${pod} all the same, as its load allows it: drain it without --remove to keep it.\n`,
    );
    await writeStatus("web", { drain: null });
    await setMode(mode);
    expect(await annotations(pod)).not.toHaveProperty("evenkeel.io/drain");
    expect(await fail(2, "drain", pod, "--undo", "--remove")).toContain("--undo and --remove exclude each other");
  });

  test("waits until the connections are gone", async () => {
    const [pod = ""] = pods;
    const running = plugin.start(["drain", pod, "--kubeconfig", config]);
    await waitFor(async () => (await annotations(pod))["evenkeel.io/drain"] === "true", "the annotation");
    await writeDraining(pod, 7);
    await waitFor(() => running.stderr.includes(": out of the list, 7 connections left"), "the wait for them");
    await writeDraining(pod, 0);
    const code = await running.ended();
    const { stdout, stderr } = running;
    expect({ code, last: stdout.trimEnd().split("\n").at(-1) }).toEqual({
      code: 0,
      last: expect.stringMatching(new RegExp(`^${pod} is drained: out of the list`)),
    });
    expect(stderr).toContain(`${pod}: out of the list, 7 connections left\n`);
    expect(await succeed("status", "web")).toMatch(new RegExp(`-  ${pod} +0 .* draining\n`));
    await succeed("drain", pod, "--undo");
    await stopDraining();
  });

  test("gives up when its time is over, and leaves the pod drained", async () => {
    const [pod = ""] = pods;
    const { code, stderr } = await run("drain", pod, "--timeout", "1s");
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(
      `kubectl evenkeel: ${pod} is not drained after 1s: waiting for the operator to take it out of the list; it stays drained: wait on with the same command, or let it back with --undo`,
    );
    expect(await annotations(pod)).toMatchObject({ "evenkeel.io/drain": "true" });
    await succeed("drain", pod, "--undo");
  });

  test("tells when the operator keeps the pod", async () => {
    const [pod = ""] = pods;
    await writeStatus("web", { conditions: [condition("Ready", "True", "DrainRefused", "no other pod is ready")] });
    const { code, stderr } = await run("drain", pod);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `web keeps ${pod} in its list, as no other pod is ready: start another, then drain again\n`,
    );
    await succeed("drain", pod, "--undo");
    await stopDraining();
  });

  /** Both pools with a status about their spec of today. */
  const writeCurrent = async (status: object) => {
    for (const name of ["web", "plain"]) {
      const { generation } = (await session.get(`${poolsPath}/${name}`)).metadata;
      await writeStatus(name, { ...status, observedGeneration: generation });
    }
  };

  test("is done with a pod that gets no traffic anyway", async () => {
    const [pod = ""] = pods;
    await writeCurrent({ endpoints: [], draining: null, unhealthy: [{ pod, reason: "TimedOut" }] });
    const { code, stdout } = await run("drain", pod, "--timeout", "10s");
    expect(code).toBe(0);
    expect(stdout).toContain(
      `\n${pod} is drained: out of the list already, as it is unhealthy (TimedOut); nobody knows what connections are left.\n`,
    );
    expect(await annotations(pod)).toMatchObject({ "evenkeel.io/drain": "true" });
    await succeed("drain", pod, "--undo");

    await session.create(`${session.core}/pods`, podManifest("slow", {}, { labels: { app: "web" } }));
    const isRunning = async () => (await session.get(`${session.core}/pods/slow`)).status.phase === "Running";
    await waitFor(isRunning, "the pod to run, before it is made unready");
    const conditions = [{ type: "Ready", status: "False" }];
    await session.patch(`${session.core}/pods/slow/status`, { status: { conditions } }, mergePatch);
    await writeCurrent({ unhealthy: null });
    expect((await run("drain", "slow", "--timeout", "10s")).stdout).toContain("as it is not ready; nobody knows");
    await session.expect(200, "DELETE", `${session.core}/pods/slow`);
  });

  test("waits on for a pod that status may not tell of", async () => {
    const [pod = ""] = pods;
    const rest = { address: "127.0.0.9", weight: 1_000, reason: "equal" };
    const endpoints = Array.from({ length: 50 }, (_, index) => ({ pod: `web-${index}`, ...rest }));
    await writeCurrent({ endpoints, unhealthy: [{ pod, reason: "TimedOut" }] });
    expect((await run("drain", pod, "--timeout", "2s")).stderr).toContain("waiting for the operator");
    await succeed("drain", pod, "--undo");
    await writeStatus("plain", { unhealthy: null, endpoints: null });
    await writeStatus("web", { unhealthy: null, ...webStatus() });
  });

  test("ends when the pod turns unready meanwhile", async () => {
    const [pod = ""] = pods;
    await writeCurrent({ endpoints: [], draining: [{ pod, connections: 3 }] });
    const running = plugin.start(["drain", pod, "--timeout", "60s", "--kubeconfig", config]);
    await waitFor(async () => (await annotations(pod))["evenkeel.io/drain"] === "true", "the annotation");
    await waitFor(() => running.stderr.includes(": out of the list, 3 connections left"), "the wait for them");
    await writeCurrent({ draining: null, unhealthy: [{ pod, reason: "Refused" }] });
    const code = await running.ended();
    const { stdout, stderr } = running;
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${pod}: out of the list, 3 connections left\n` });
    expect(stdout).toContain(`${pod} is drained: out of the list already, as it is unhealthy (Refused); `);
    await succeed("drain", pod, "--undo");
    await writeStatus("plain", { unhealthy: null, endpoints: null });
    await writeStatus("web", { unhealthy: null, ...webStatus() });
  });

  test("knows pods of pools alone", async () => {
    expect(await fail(1, "drain", `${pods[0]}x`)).toBe(`there is no pod shop/${pods[0]}x: did you mean ${pods[0]}?`);
    await session.create(`${session.core}/pods`, podManifest("alone"));
    expect(await fail(1, "drain", "alone")).toBe("pod shop/alone belongs to no pool; namespace shop has plain, web");
  });
});

describe("watch", () => {
  test("tells in lines what is new, until it is interrupted", async () => {
    await writeStatus("web", webStatus());
    const running = plugin.start(["watch", "web", "--kubeconfig", config]);
    await running.wrote(/shop\/web {2}ready 1\/2, replicas 2, recommended 3, load 41%\/50%\n/);
    await running.wrote(new RegExp(`${pods[0]} 12 conn 41% weight 1000\n`));
    await running.wrote(/! MetricsHealthy TooFewFresh/);
    const [endpoint] = webStatus().endpoints;
    await writeStatus("web", {
      ready: "2/2",
      conditions: webStatus().conditions.toSpliced(1, 1),
      endpoints: [{ ...endpoint, connections: 3 }],
    });
    await running.wrote(/ready 2\/2/);
    await running.wrote(new RegExp(`${pods[0]} 3 conn 41% weight 1000\n`));
    await running.wrote(/MetricsHealthy is well again/);
    expect(await running.interrupt()).toBe(0);
    expect(running.stderr).toBe("");
    for (const line of running.stdout.trimEnd().split("\n"))
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}shop\/web {2}\S/);
  });

  test("gives a line of JSON for each change, and for a pool that goes", async () => {
    await session.create(
      poolsPath,
      pool("brief", { selector: { matchLabels: { a: "b" } }, strategy: { type: "Random" } }),
    );
    const running = plugin.start(["watch", "-o", "json", "--kubeconfig", config]);
    await running.wrote(/"name":"brief"/);
    await writeStatus("brief", { observedGeneration: 1, ready: "0/0" });
    await running.wrote(/"ready":\{"count":0,"of":0\}/);
    await session.expect(200, "DELETE", `${poolsPath}/brief`);
    await running.wrote(/\{"namespace":"shop","name":"brief","gone":true\}\n/);
    expect(await running.interrupt()).toBe(0);
    const documents = running.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(documents.map(({ name }) => name))).toEqual(new Set(["brief", "plain", "web"]));
  });

  test("ends by itself", async () => {
    const { code, stdout } = await run("watch", "--duration", "1s");
    expect(code).toBe(0);
    expect(stdout).toContain("shop/web  ready ");
  });

  const script = process.platform === "linux" ? findProgram("script") : undefined;
  test.skipIf(!requirePart("script (util-linux)", script !== undefined))(
    "gives a terminal back as it was",
    async () => {
      const command = `kubectl-evenkeel watch web --duration 6s --kubeconfig ${config}`;
      const args = ["--quiet", "--return", "--command", `stty cols 90 rows 20; ${command}`, "/dev/null"];
      // Node takes a machine that runs CI for one without colours.
      const { CI: _, ...env } = { CI: "", ...plugin.env };
      const { code, stdout } = await runFile(script!, args, { ...env, TERM: "xterm-256color", NO_COLOR: "" });
      expect(code).toBe(0);
      expect(stdout.startsWith("\x1b[?1049h")).toBe(true);
      const [frames, after, ...more] = stdout.split("\x1b[?1049l");
      expect(more).toEqual([]);
      expect(frames).toContain("q quit");
      expect(after).toContain("\x1b[1mshop/web\x1b[22m");
    },
  );
});
