import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crd } from "../../../../src/api/crd.ts";
import { createLoopbackPods } from "../../../../src/lab/embedded/loopback-pods.ts";
import { type Embedded, startEmbedded } from "../../../../src/lab/embedded/start-embedded.ts";
import { runningPods, webDeployment } from "../../../lab/embedded/cluster.ts";
import { connectHttp } from "../../../suites/api-suite/connection.ts";
import { mergePatch, Session } from "../../../suites/api-suite/session.ts";
import { hasTerminal, PseudoTerminal } from "../../../tools/pseudo-terminal.ts";
import { Plugin } from "../plugin.ts";

const poolsPath = "/apis/evenkeel.io/v1alpha1/namespaces/default/loadbalancerpools";

describe.skipIf(!hasTerminal)("watch heeds keys", () => {
  let plugin: Plugin;
  let server: Embedded;
  let session: Session;
  let pods: string[];
  let command: string;

  beforeAll(async () => {
    plugin = await Plugin.build();
    server = await startEmbedded({ crds: [crd()], runtime: createLoopbackPods() });
    session = new Session(connectHttp(server.url, "default"));
    await session.create(session.deployments, webDeployment("web", 2));
    pods = await runningPods(session, 2);
    for (const name of ["cart", "web"]) {
      const spec = { targetRef: { name }, ports: [{ port: 8080 }], strategy: { type: "RoundRobin" } };
      await session.create(poolsPath, {
        apiVersion: "evenkeel.io/v1alpha1",
        kind: "LoadBalancerPool",
        metadata: { name },
        spec,
      });
    }
    const endpoints = pods.map((pod, index) => ({
      pod,
      address: `127.0.0.${index + 2}`,
      weight: 1_000,
      reason: "equal",
    }));
    await session.patch(
      `${poolsPath}/web/status`,
      { status: { observedGeneration: 1, ready: "2/2", endpoints } },
      mergePatch,
    );
    const config = await plugin.kubeconfig(server.url, "default");
    command = `${plugin.file} watch --kubeconfig ${config}`;
  });

  afterAll(async () => {
    await server?.close();
    await plugin?.remove();
  });

  const start = () => new PseudoTerminal(command, { columns: 80, rows: 24 }, plugin.env);

  test("selects and opens a pool, drains a pod once it is confirmed, lets it back, and quits", async () => {
    const terminal = start();
    await terminal.shows(/^▸ ! +cart +RoundRobin/m);
    terminal.press("j");
    await terminal.shows(/^▸ +web +RoundRobin/m);
    terminal.press("\r");
    await terminal.shows(new RegExp(`^▸ 1 +${pods[0]}`, "m"));
    terminal.press("d");
    await terminal.shows(new RegExp(`^Drain ${pods[0]}\\? y/n  no new traffic until it is let back$`, "m"));
    const drained = async () =>
      (await session.get(`${session.core}/pods/${pods[0]}`)).metadata.annotations?.["evenkeel.io/drain"];
    terminal.press("n");
    await terminal.shows(/d drain {2}q quit/);
    expect(await drained()).toBeUndefined();
    terminal.press("d");
    await terminal.shows(/\? y\/n/);
    terminal.press("y");
    await terminal.shows(new RegExp(`^${pods[0]} is drained`, "m"));
    expect(await drained()).toBe("true");
    // The watch on pods may not have told of it yet: then the question is another.
    for (;;) {
      terminal.press("d");
      const question = await terminal.shows(/^(?:Let|Drain) .*\? y\/n/m);
      if (question.startsWith("Let")) break;
      terminal.press("n");
      await terminal.shows(/d drain {2}q quit/);
    }
    terminal.press("y");
    await terminal.shows(/takes traffic again as soon as it is ready/);
    expect(await drained()).toBeUndefined();
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
    expect(terminal.output).toContain("\x1b[?1049l");
  });

  test("filters, sorts, helps, and tells what cannot be explained", async () => {
    const terminal = start();
    await terminal.shows(/^▸ ! +cart/m);
    terminal.press("/we");
    await terminal.until(() => !/cart/.test(terminal.screen.join("\n")) && /^▸ +web/m.test(terminal.screen.join("\n")));
    terminal.press("\r");
    terminal.press("s");
    await terminal.shows(/by trouble {2}\/we/);
    terminal.press("?");
    await terminal.shows(/^ {2}q, Ctrl-C +quit$/m);
    terminal.press(" ");
    await terminal.shows(/^▸ +web/m);
    terminal.press("e");
    await terminal.shows(/no Service with the labels/);
    terminal.press("\x03");
    expect(await terminal.ended()).toBe(0);
  });
});
