import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLoopbackPods } from "../../src/embedded/loopback-pods.ts";
import { type Embedded, startEmbedded } from "../../src/embedded/start-embedded.ts";
import { widgetDefinition, widgetProblems } from "../support/api-suite/widget.ts";
import { webDeployment } from "./cluster.ts";

const hasKubectl = (() => {
  try {
    execFileSync("kubectl", ["version", "--client"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
if (!hasKubectl) console.warn("SKIPPED: embedded API server with kubectl: no kubectl on PATH");

describe.skipIf(!hasKubectl)("kubectl", { timeout: 60_000 }, () => {
  let server: Embedded;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "evenkeel-kubectl-"));
    await writeFile(join(folder, "config"), "apiVersion: v1\nkind: Config\n");
    server = await startEmbedded({ crds: [widgetDefinition], validate: widgetProblems, runtime: createLoopbackPods() });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const run = promisify(execFile);
  const kubectl = async (...args: string[]): Promise<string> => {
    const fixed = [
      "--server",
      server.url,
      "--cache-dir",
      join(folder, "cache"),
      "--kubeconfig",
      join(folder, "config"),
    ];
    return (await run("kubectl", [...fixed, ...args])).stdout;
  };
  const refused = (...args: string[]): Promise<string> =>
    kubectl(...args).then(
      (text) => Promise.reject(new Error(`kubectl succeeded: ${text}`)),
      (error: { stderr: string }) => error.stderr,
    );
  const file = async (name: string, ...objects: object[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    return path;
  };
  const rows = (table: string): string[][] =>
    table
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s{2,}/));
  const widget = (name: string, spec: object) => ({
    apiVersion: "suite.evenkeel.io/v1",
    kind: "Widget",
    metadata: { name },
    spec,
  });

  it("applies, lists and shows a custom resource by its short name", async () => {
    const path = await file("widget.json", widget("one", { size: 3 }));
    expect(await kubectl("apply", "-f", path)).toBe("widget.suite.evenkeel.io/one created\n");
    expect(await kubectl("apply", "-f", path)).toBe("widget.suite.evenkeel.io/one unchanged\n");
    const [head, row] = rows(await kubectl("get", "wd"));
    expect(head).toEqual(["NAME", "SIZE", "READY", "AGE"]);
    expect(row?.slice(0, 2)).toEqual(["one", "3"]);
    expect(rows(await kubectl("get", "wd", "-o", "wide"))[0]).toEqual(["NAME", "SIZE", "READY", "MODE", "AGE"]);
    expect(await kubectl("get", "wd", "one", "-o", "yaml")).toContain("\nspec:\n  mode: Fast\n");
    expect(await kubectl("describe", "wd", "one")).toMatch(/Size:\s+3/);
    await file("widget.json", widget("one", { size: 4 }));
    expect(await kubectl("apply", "-f", path)).toBe("widget.suite.evenkeel.io/one configured\n");
    expect(await kubectl("get", "wd", "one", "-o", "jsonpath={.spec.size}")).toBe("4");
  });

  it("is told what is wrong", async () => {
    expect(await refused("apply", "-f", await file("unknown.json", widget("x", { size: 1, typo: 1 })))).toContain(
      'unknown field "spec.typo"',
    );
    expect(await refused("apply", "-f", await file("large.json", widget("x", { size: 1000 })))).toContain(
      "spec.size in body should be less than or equal to 100",
    );
    expect(await refused("apply", "-f", await file("rule.json", widget("x", { size: 1, name: "bad" })))).toContain(
      "name must not be bad",
    );
    expect(await refused("get", "wd", "absent")).toContain('widgets.suite.evenkeel.io "absent" not found');
  });

  it("explains a custom resource", async () => {
    const text = await kubectl("explain", "wd.spec");
    expect(text).toContain("What the widget should be.");
    expect(text).toMatch(/size\s+<integer> -required-\s+How big\./);
    expect(await kubectl("explain", "wd.spec.nested")).toContain("depth");
  });

  it("applies on the server, and meets conflicts", async () => {
    const path = await file("applied.json", widget("applied", { size: 3 }));
    expect(await kubectl("apply", "--server-side", "-f", path)).toContain("serverside-applied");
    await file("applied.json", widget("applied", { size: 5 }));
    expect(await refused("apply", "--server-side", "--field-manager=other", "-f", path)).toContain(
      'conflict with "kubectl": .spec.size',
    );
    await kubectl("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", path);
    expect(await kubectl("get", "wd", "applied", "-o", "jsonpath={.spec.size}")).toBe("5");
  });

  it("runs, scales, updates and deletes a Deployment", async () => {
    await kubectl("apply", "-f", await file("web.json", webDeployment("web", 2)));
    await kubectl("rollout", "status", "deploy/web", "--timeout=30s");
    const pods = rows(await kubectl("get", "pods", "-o", "wide"));
    expect(pods).toHaveLength(3);
    expect(pods[1]?.slice(1, 3)).toEqual(["1/1", "Running"]);
    expect(pods[1]?.[5]).toMatch(/^127\./);
    expect(await kubectl("scale", "deploy/web", "--replicas=3")).toContain("scaled");
    await kubectl("rollout", "status", "deploy/web", "--timeout=30s");
    expect(rows(await kubectl("get", "deploy"))[1]?.slice(0, 4)).toEqual(["web", "3/3", "3", "3"]);
    await kubectl("set", "image", "deploy/web", "web=demo:2");
    await kubectl("rollout", "status", "deploy/web", "--timeout=30s");
    const described = await kubectl("describe", "deploy", "web");
    expect(described).toContain("3 desired | 3 updated | 3 total | 3 available | 0 unavailable");
    expect(described).toContain("ScalingReplicaSet");
    expect(await kubectl("get", "events")).toContain("Scaled up replica set");
    await kubectl("delete", "deploy", "web", "--timeout=30s");
    await kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s");
    expect(await kubectl("get", "deploy,rs,pods", "-o", "name")).toBe("");
  });

  it("edits labels and annotations, and deletes", async () => {
    await kubectl("apply", "-f", await file("labelled.json", widget("labelled", { size: 1 })));
    await kubectl("label", "wd", "labelled", "tier=gold");
    await kubectl("annotate", "wd", "labelled", "note=kept");
    expect(await kubectl("get", "wd", "-l", "tier=gold", "-o", "name")).toBe("widget.suite.evenkeel.io/labelled\n");
    await kubectl("delete", "wd", "labelled");
    expect(await kubectl("get", "wd", "-l", "tier=gold", "-o", "name")).toBe("");
  });

  it("finds the kinds and the nodes", async () => {
    const kinds = rows(await kubectl("api-resources", "--no-headers")).map((row) => row[0]);
    expect(kinds).toEqual(expect.arrayContaining(["pods", "deployments", "endpointslices", "leases", "widgets"]));
    expect(rows(await kubectl("get", "nodes"))[1]?.slice(0, 2)).toEqual(["loopback", "Ready"]);
    expect(await kubectl("describe", "node", "loopback")).toContain("topology.kubernetes.io/zone");
  });
});
