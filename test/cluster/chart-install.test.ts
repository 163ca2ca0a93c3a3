import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { pool as poolSchema } from "../../src/api/pool.ts";
import { chartFolder } from "../../tools/chart/render.ts";
import { poolManifest } from "../rigs/rig-pool.ts";
import { describeChartOnCluster } from "../tools/chart/describe-chart.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const run = promisify(execFile);
const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/loadbalancerpools.evenkeel.io";

describeChartOnCluster("a release of the chart", (cluster, helm) => {
  let client: TestClient;
  let namespace: string;
  let folder: string;

  const runHelm = async (verb: string, ...args: readonly string[]): Promise<string> => {
    const place = ["--namespace", namespace, "--kubeconfig", cluster.kubeconfigPath];
    return (await run(helm, [verb, "evenkeel", ...args, ...place])).stdout;
  };
  const status = async (path: string) => (await client.request("GET", path)).status;
  const deployment = () => `/apis/apps/v1/namespaces/${namespace}/deployments/evenkeel`;
  const poolPath = () => `/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools/web`;
  const isGone = (path: string) => waitFor(async () => (await status(path)) === 404, `${path} to be gone`);

  const describedAs = async (): Promise<string> =>
    (await client.call("GET", crdPath)).spec.versions[0].schema.openAPIV3Schema.description;

  beforeAll(async () => {
    client = new TestClient(cluster);
    namespace = await client.createNamespace("release");
    folder = await mkdtemp(join(tmpdir(), "evenkeel-chart-"));
    // Other suites made the CRD by themselves, and Helm takes over nothing.
    await client.request("DELETE", crdPath);
    await isGone(crdPath);
  });
  afterAll(async () => {
    await runHelm("uninstall", "--ignore-not-found");
    await client.request("DELETE", crdPath);
    // Whoever comes next would find one that takes no pools.
    await isGone(crdPath);
    await client.request("DELETE", `/api/v1/namespaces/${namespace}`);
    await rm(folder, { recursive: true });
    await client.close();
  });

  test("of an earlier version installs, and tells the next command", async () => {
    const earlier = join(folder, "earlier");
    await cp(chartFolder, earlier, { recursive: true });
    const template = join(earlier, "templates", "crd.yaml");
    const text = await readFile(template, "utf8");
    const older = text.replace(/description: A set of pods.*$/m, "description: As it was.");
    expect(older).not.toBe(text);
    await writeFile(template, older);

    const printed = await runHelm("install", earlier, "--set", "page.enabled=true");
    expect(printed).toContain(`kubectl --namespace ${namespace} rollout status deployment/evenkeel`);
    expect(printed).toContain(`kubectl --namespace ${namespace} port-forward service/evenkeel 8081:page`);
    const example = parse(/<<EOF\n([\s\S]*?)\n\s*EOF/.exec(printed)?.[1] ?? "");
    expect(poolSchema.safeParse(example).error).toBeUndefined();
    const { code, stderr } = await client.kubectl(["apply", "--dry-run=server", "-f", "-"], {
      input: stringify(example),
    });
    expect([stderr, code]).toEqual(["", 0]);
    expect(await describedAs()).toBe("As it was.");
  });

  test("is upgraded with its CRD", async () => {
    const { code, stderr } = await client.kubectl(["apply", "-n", namespace, "-f", "-"], {
      input: stringify(poolManifest("web")),
    });
    expect([stderr, code]).toEqual(["", 0]);
    await runHelm("upgrade", chartFolder);
    await waitFor(async () => (await describedAs()).startsWith("A set of pods"), "the CRD to be the new one");
    expect(await status(poolPath())).toBe(200);
  });

  test("leaves CRD and pools when it is uninstalled, and takes them over again", async () => {
    await runHelm("uninstall");
    await isGone(deployment());
    expect([await status(crdPath), await status(poolPath())]).toEqual([200, 200]);
    await runHelm("install", chartFolder);
    expect([await status(deployment()), await status(poolPath())]).toEqual([200, 200]);
  });

  test("takes CRD and pools along when told to", async () => {
    await runHelm("upgrade", chartFolder, "--set", "crds.keep=false");
    await runHelm("uninstall");
    await isGone(crdPath);
  });

  test("can be had without Helm, by manifests/install.yaml", async () => {
    const file = new URL("../../manifests/install.yaml", import.meta.url).pathname;
    for (const _ of ["first", "again"]) {
      const { code, stderr } = await client.kubectl(["apply", "--server-side", "-f", file]);
      expect([stderr, code]).toEqual(["", 0]);
    }
    expect(await status("/apis/apps/v1/namespaces/evenkeel/deployments/evenkeel")).toBe(200);
    expect((await client.kubectl(["delete", "--wait=false", "-f", file])).code).toBe(0);
    await isGone(crdPath);
  });
});
