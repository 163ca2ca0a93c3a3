import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { crd } from "../../src/api/crd.ts";
import { type Embedded, startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import { makeExecutable } from "../../tools/executable/make-executable.ts";
import { type Ended, Plugin, runFile } from "../cli/kubectl/plugin.ts";
import { connectHttp } from "../suites/api-suite/connection.ts";
import { Session } from "../suites/api-suite/session.ts";

describe.skipIf(process.platform !== "linux")("kubectl's plugin as one executable", () => {
  let plugin: Plugin;
  let server: Embedded;
  let file: string;
  let kubeconfig: string;

  beforeAll(async () => {
    plugin = await Plugin.build();
    await mkdir(join(plugin.folder, "alone"));
    file = join(plugin.folder, "alone", "kubectl-evenkeel");
    await makeExecutable({ script: plugin.file, node: process.execPath, file });
    server = await startEmbedded({ crds: [crd()] });
    const session = new Session(connectHttp(server.url, "default"));
    await session.create(session.inNamespace("evenkeel.io/v1alpha1", "loadbalancerpools"), {
      apiVersion: "evenkeel.io/v1alpha1",
      kind: "LoadBalancerPool",
      metadata: { name: "checkout" },
      spec: { selector: { matchLabels: { app: "web" } }, ports: [{ port: 80 }], strategy: { type: "Random" } },
    });
    kubeconfig = await plugin.kubeconfig(server.url, "default");
  });

  afterAll(async () => {
    await server?.close();
    await plugin?.remove();
  });

  /** Without a PATH, so that no Node can be found. */
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    runFile(file, args, { PATH: "", ...env });

  test("is one file that may be run", async () => {
    const { mode, size } = await stat(file);
    expect(mode & 0o111).toBe(0o111);
    expect(size).toBeGreaterThan((await stat(process.execPath)).size);
  });

  test("runs where there is no Node", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
    const { code, stdout, stderr } = await run(["status", "--kubeconfig", kubeconfig]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^checkout +Random /m);
    const detail = await run(["status", "checkout", "-o", "json"], { KUBECONFIG: kubeconfig });
    expect(JSON.parse(detail.stdout)).toMatchObject({ namespace: "default", name: "checkout" });
  });

  test("says what is wrong as the script does", async () => {
    const missing = await run(["status", "chekout", "--kubeconfig", kubeconfig]);
    expect(missing).toEqual({
      code: 1,
      stdout: "",
      stderr: "kubectl evenkeel: there is no pool default/chekout: did you mean checkout?\n",
    });
  });

  test("heeds nothing that is set for programs of Node", async () => {
    const ended = await run(["--version"], { NODE_OPTIONS: "--no-such-option" });
    expect(ended).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });
});
