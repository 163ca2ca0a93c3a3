import { delimiter, dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { runProgram } from "../../tools/image/run-program.ts";
import { Plugin } from "../cli/kubectl/plugin.ts";
import { type Demo, startDemo } from "../rigs/demo-process.ts";
import { findBinaries } from "../tools/control-plane/binaries.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { DocumentShell, type RunOptions } from "../tools/documents/document-shell.ts";
import { blocksOf, pages, proseCommandsOf, textOf } from "../tools/documents/pages.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";
import { demoCommands as commands } from "./demo-commands.ts";

// The documents' commands with the kubeconfig that the demo writes, and nothing else that says where the demo is.

const binaries = findBinaries();
const kubectl = findProgram("kubectl") ?? (binaries.kind === "ready" ? binaries.binaries.kubectl : undefined);
const hasKubectl = requirePart("kubectl", kubectl !== undefined);

/** In which namespace, where it is not the pools' own. */
const namespaces: Readonly<Record<string, string>> = { "kubectl get lease -n NAMESPACE": "evenkeel" };
/** Ends all pools. */
const last = "kubectl delete lbp --all -A";

const quickStart = "docs/quick-start.md";

describe.skipIf(!hasKubectl)("with the demo's kubeconfig", () => {
  let plugin: Plugin;
  let demo: Demo;
  let shell: DocumentShell;
  let env: NodeJS.ProcessEnv;

  const run = (...args: readonly string[]) => runProgram("kubectl", args, { env });
  const apply = (...objects: readonly object[]) =>
    runProgram("kubectl", ["apply", "-f", "-"], {
      env,
      input: objects.map((object) => stringify(object)).join("---\n"),
    });
  const podsOf = async (app: string) =>
    (await run("get", "pods", "-l", `app=${app}`, "-o", "jsonpath={.items[*].metadata.name}")).split(" ");

  beforeAll(async () => {
    plugin = await Plugin.build();
    demo = await startDemo();
    const path = [dirname(process.execPath), dirname(kubectl!), plugin.env.PATH].join(delimiter);
    env = { ...plugin.env, PATH: path, KUBECONFIG: demo.kubeconfig };
    shell = new DocumentShell(env);
  });
  afterAll(async () => {
    await shell?.close();
    await demo?.stop();
    await plugin?.remove();
  });

  describe("one's own program", () => {
    const follow = (name: string, runner = "e2e") => shell.runBlock(quickStart, runner, name);

    test("runs as the pods of a Deployment, and tells a number", async () => {
      await follow("local", "demo");
      expect(await podsOf("shop")).toHaveLength(2);
      expect(await follow("numbers")).toMatch(/^open_connections \d+$/m);
    });

    test("is watched by a pool, which says what it would do", async () => {
      await follow("recommend");
      expect(await follow("look")).toMatch(/^shop-pool +LeastConnections +2\/2 +2 /m);
      const more = await follow("more");
      expect(more).toContain("recommended 5");
      expect(more).toContain("LoadAboveLimit: 5 replicas instead of 2");
      expect(await podsOf("shop")).toHaveLength(2);
    });

    test("is scaled, and gets traffic on every pod", async () => {
      await follow("auto");
      expect(await podsOf("shop")).toHaveLength(5);
      await follow("traffic");
      const log = () => run("logs", "deployment/shop-client");
      const names = await podsOf("shop");
      await waitFor(async () => {
        const lines = await log();
        return names.every((name) => lines.includes(`"${name}"`)) && lines;
      }, "answers of every pod");
    });

    test("is drained, paused and taken from the pool by the page's commands", async () => {
      expect(await follow("drain")).toContain("is drained: out of the list, no connections left.");
      expect(await follow("pause")).toMatch(/^shop-pool .* Paused /m);
      await follow("remove");
      expect(await run("get", "lbp", "-o", "name")).toBe("loadbalancerpool.evenkeel.io/web\n");
    });

    test("is told what it must listen on, as the page's table says", async () => {
      const told = [...textOf(quickStart).matchAll(/^\| (`[A-Z_`, ]+) \| /gm)].flatMap(([, names]) =>
        [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
      );
      expect(told).toEqual(["HOST", "PORT", "PORT_METRICS", "POD_NAME", "POD_NAMESPACE", "KUBECONFIG", "EVENKEEL_URL"]);
      const template = {
        metadata: { labels: { app: "env" }, annotations: { "evenkeel.io/local-command": "env; exec sleep 600" } },
        spec: {
          containers: [
            { name: "a", image: "a", ports: [{ containerPort: 8080 }, { name: "metrics", containerPort: 90 }] },
          ],
        },
      };
      const metadata = { name: "env" };
      await apply({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { selector: { matchLabels: { app: "env" } }, template },
      });
      await waitFor(async () => (await run("logs", "deployment/env")).includes("EVENKEEL_URL="), "the environment");
      const given = new Map(
        (await run("logs", "deployment/env")).split("\n").map((line) => line.split("=") as [string, string]),
      );
      for (const name of told) expect(given.get(name), name).toBeTruthy();
      expect(given.get("KUBECONFIG")).toBe(demo.kubeconfig);
      expect((await fetch(`${given.get("EVENKEEL_URL")}/v1/pools/default/web`)).status).toBe(200);
      await run("delete", "deployment", "env", "--wait=false");
    });
  });

  test("kubectl scales, reads slices, and reaches operator and page by the operator's Service", async () => {
    const [slice] = (await run("get", "endpointslices", "-l", "kubernetes.io/service-name=web", "-o", "name")).split(
      "\n",
    );
    expect(slice).toMatch(/^endpointslice.discovery.k8s.io\/web-/);
    const of = "/api/v1/namespaces/evenkeel/services";
    const { pools } = JSON.parse(await run("get", "--raw", `${of}/evenkeel:http/proxy/v1/pools`));
    expect(pools.map(({ name }: { name: string }) => name)).toContain("web");
    expect(await run("get", "--raw", `${of}/evenkeel:page/proxy/`)).toContain("<title>Evenkeel</title>");
    await run("create", "deployment", "idle", "--image=idle", "--port=8080");
    await run("scale", "deployment/idle", "--replicas=2");
    await run("rollout", "status", "deployment/idle");
    expect(await podsOf("idle")).toHaveLength(2);
    expect(await run("logs", "deployment/idle")).toBe("");
    const refused = await run("port-forward", "deployment/idle", "18080:8080").catch((error: Error) => error.message);
    expect(refused).toContain("the embedded cluster has no portforward: its pods listen on this machine");
    await run("delete", "deployment", "idle");
  });

  describe("kubectl's commands in the documents", () => {
    let pod = "";

    beforeAll(async () => {
      const [shop] = parseAllDocuments(textOf("examples/local/shop.yaml")).map((document) => document.toJS());
      const named = (app: string) => ({
        ...shop,
        metadata: { name: app },
        spec: {
          ...shop.spec,
          selector: { matchLabels: { app } },
          template: { ...shop.spec.template, metadata: { ...shop.spec.template.metadata, labels: { app } } },
        },
      });
      const scaler = {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "checkout" },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
          maxReplicas: 5,
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
          ],
        },
      };
      await apply(named("checkout-app"), named("checkout"), named("shop"), scaler);
      await run("apply", "-f", "manifests/example.yaml");
      await run("rollout", "status", "deployment/checkout-app");
      await run("rollout", "status", "deployment/checkout");
      [pod = ""] = await podsOf("checkout-app");
    });

    const addPool = async () => {
      const [shown] = blocksOf("README.md").filter(({ language }) => language === "yaml");
      await runProgram("kubectl", ["apply", "-f", "-"], { env, input: shown!.text });
      await run("wait", "--for=condition=Ready", "lbp/checkout", "--timeout=1m");
      await run("wait", "--for=condition=MetricsHealthy", "lbp/checkout", "--timeout=1m");
    };

    const optionsOf = (command: string): RunOptions => {
      const found = commands[command]!;
      const names = { NAMESPACE: namespaces[command] ?? "default", POOL: "checkout", NAME: "checkout", POD: pod };
      return { names, ...("more" in found && { more: found.more }) };
    };

    test("are all known here", () => {
      const told = pages.flatMap(proseCommandsOf).filter((command) => command.startsWith("kubectl "));
      expect(
        [...new Set(told)].filter((command) => !Object.hasOwn(commands, command)),
        "add to test/docs/demo-commands.ts",
      ).toEqual([]);
    });

    const all = Object.entries(commands).flatMap(([command, found]) =>
      "writes" in found && command !== last ? [{ command, writes: found.writes }] : [],
    );
    const isInit = ({ command }: { readonly command: string }) => command.startsWith("kubectl evenkeel init");

    test.each(all.filter(isInit))("$command", async ({ command, writes }) => {
      expect(await shell.run(command, optionsOf(command))).toMatch(writes);
    });

    describe("on the README's pool", () => {
      beforeAll(addPool);
      test.each(all.filter((each) => !isInit(each)))("$command", async ({ command, writes }) => {
        // What the operator has yet to see or to tell comes soon.
        const written = () => shell.run(command, optionsOf(command));
        await expect.poll(written, { interval: 500 }).toMatch(writes);
      });
    });

    test(last, async () => {
      const found = commands[last]!;
      if ("writes" in found) expect(await shell.run(last)).toMatch(found.writes);
    });
  });
});
