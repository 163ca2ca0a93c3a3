import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLoopbackPods } from "../../../src/lab/embedded/loopback-pods.ts";
import { type Embedded, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { widgetDefinition, widgetProblems } from "../../suites/api-suite/widget.ts";
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

describe.skipIf(!hasKubectl)("kubectl", () => {
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

  it("creates what it has commands for, which it sends as protobuf", async () => {
    expect(await kubectl("create", "namespace", "shop")).toBe("namespace/shop created\n");
    const inShop = (...args: string[]) => kubectl("--namespace", "shop", ...args);
    const made = async (kind: string, name: string) =>
      JSON.parse(await inShop("get", kind, name, "-o", "json")) as { spec?: object; data?: object };
    expect((await made("namespace", "shop")).spec).toEqual({ finalizers: ["kubernetes"] });
    await inShop("create", "configmap", "words", "--from-literal=hello=wörld");
    expect((await made("configmap", "words")).data).toEqual({ hello: "wörld" });
    await inShop("create", "serviceaccount", "reader");
    await made("serviceaccount", "reader");
    await inShop("create", "deployment", "api", "--image=api:1", "--port=8080", "--replicas=0", "--", "serve", "--all");
    expect((await made("deployment", "api")).spec).toMatchObject({
      replicas: 0,
      selector: { matchLabels: { app: "api" } },
      template: {
        metadata: { labels: { app: "api" } },
        spec: {
          containers: [
            {
              name: "api",
              image: "api:1",
              command: ["serve", "--all"],
              ports: [{ containerPort: 8_080, protocol: "TCP" }],
            },
          ],
        },
      },
    });
    await inShop("create", "service", "clusterip", "api", "--tcp=80:8080", "--tcp=81:admin");
    expect((await made("service", "api")).spec).toMatchObject({
      selector: { app: "api" },
      ports: [
        { name: "80-8080", port: 80, targetPort: 8_080 },
        { name: "81-admin", port: 81, targetPort: "admin" },
      ],
    });
    // Before 1.34 kubectl sends autoscaling/v1, which this server does not have.
    if ((await kubectl("autoscale", "--help")).includes("--cpu=")) {
      await inShop("autoscale", "deployment", "api", "--min=2", "--max=5", "--cpu=80%");
      expect((await made("hpa", "api")).spec).toMatchObject({
        minReplicas: 2,
        maxReplicas: 5,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" },
      });
    }
    await kubectl("delete", "namespace", "shop");
  });

  it("loses nothing of protobuf that the server does not read, and says so", async () => {
    // A Namespace whose metadata has a field 17, managedFields.
    const message = [0x0a, 4, 0x8a, 0x01, 1, 0];
    const type = [0x0a, 2, 0x76, 0x31, 0x12, 9, ...Buffer.from("Namespace")];
    const body = Buffer.from([...Buffer.from("k8s\0"), 0x0a, type.length, ...type, 0x12, message.length, ...message]);
    const headers = { "content-type": "application/vnd.kubernetes.protobuf" };
    const post = (sent: Buffer) => fetch(`${server.url}/api/v1/namespaces`, { method: "POST", headers, body: sent });
    const answers = await Promise.all([post(body), post(body.subarray(0, -2)), post(Buffer.from("{}"))]);
    expect(answers.map(({ status }) => status)).toEqual([415, 400, 415]);
    expect(((await answers[0].json()) as { message: string }).message).toBe(
      "this server reads no field 17 of ObjectMeta in protobuf - accepted media types include: application/json, application/yaml",
    );
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
