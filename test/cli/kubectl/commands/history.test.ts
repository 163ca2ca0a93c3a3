import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { announce } from "../../../../src/act/announce.ts";
import { crd } from "../../../../src/api/crd.ts";
import type { PoolStatus } from "../../../../src/api/status.ts";
import { plainConnection } from "../../../../src/kube/connection.ts";
import { EventRecorder } from "../../../../src/kube/events.ts";
import { Transport } from "../../../../src/kube/transport.ts";
import { type Embedded, startEmbedded } from "../../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../../suites/api-suite/connection.ts";
import { mergePatch, Session } from "../../../suites/api-suite/session.ts";
import { Plugin } from "../plugin.ts";

const poolsPath = "/apis/evenkeel.io/v1alpha1/namespaces/default/loadbalancerpools";
const quiet = { debug() {}, info() {}, warn() {} };

let plugin: Plugin;
let server: Embedded;
let session: Session;
let transport: Transport;
let config: string;
let uid: string;

const condition = (status: "True" | "False", reason: string, message: string) => ({
  type: "MetricsHealthy",
  status,
  reason,
  message,
  lastTransitionTime: "2026-03-01T12:00:00Z",
});

const scaled = (time: string, from: number, to: number): PoolStatus => ({
  conditions: [condition("True", "AllFresh", "All are fresh.")],
  lastScale: {
    time,
    from,
    to,
    reason: "LoadAboveLimit",
    message: `${to} replicas instead of ${from}.`,
    step: { time, from },
  },
});

const history = (...args: readonly string[]) => plugin.run(["history", "web", ...args, "--kubeconfig", config]);

beforeAll(async () => {
  plugin = await Plugin.build();
  server = await startEmbedded({ crds: [crd()] });
  session = new Session(connectHttp(server.url, "default"));
  transport = new Transport({ connection: plainConnection(server.url) });
  config = await plugin.kubeconfig(server.url, "default");
  const spec = { selector: { matchLabels: { app: "web" } }, ports: [{ port: 80 }], strategy: { type: "Random" } };
  const pool = { apiVersion: "evenkeel.io/v1alpha1", kind: "LoadBalancerPool", metadata: { name: "web" }, spec };
  uid = (await session.create(poolsPath, pool)).metadata.uid;
});

afterAll(async () => {
  await transport?.close();
  await server?.close();
  await plugin?.remove();
});

describe("history", () => {
  test("of a pool of which nothing is known", async () => {
    const { code, stdout } = await history();
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "default/web  scaled",
      "never, as far as is known",
      "",
      "default/web  decided",
      "nothing that is known",
      "",
      "default/web  now",
      "no operator has reported on it",
      "",
    ]);
  });

  test("tells what the operator told by Events and in status, each scale as numbers", async () => {
    let wall = Date.now() - 60_000;
    const wallNow = (): number => {
      wall += 1_000;
      return wall;
    };
    const recorder = new EventRecorder({ transport, instance: "test", wallNow });
    const tell = (before: PoolStatus, after: PoolStatus): void =>
      announce({ recorder, log: quiet }, { namespace: "default", name: "web", uid }, before, after);
    const now = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
    const failing = { conditions: [condition("False", "TooFewFresh", "0 of 2 pods have a fresh sample.")] };
    const [first, second] = [scaled(now(-60), 2, 3), scaled(now(-30), 3, 5)];
    tell({}, failing);
    tell(failing, first);
    tell(first, second);
    await recorder.flush();
    const last = scaled(now(600), 5, 6);
    await session.patch(`${poolsPath}/web/status`, { status: last }, mergePatch);

    const found = JSON.parse((await history("-o", "json")).stdout);
    expect(found.scales.map(({ from, to, reason }: Record<string, unknown>) => [from, to, reason])).toEqual([
      [2, 3, "LoadAboveLimit"],
      [3, 5, "LoadAboveLimit"],
      [5, 6, "LoadAboveLimit"],
    ]);
    expect(found.decisions).toMatchObject([
      { about: "MetricsHealthy", status: "False", count: 1, reason: "TooFewFresh" },
      { about: "MetricsHealthy", status: "True", count: 1, reason: "AllFresh" },
    ]);
    expect(found.conditions).toMatchObject([{ type: "MetricsHealthy", status: "True", since: "2026-03-01T12:00:00Z" }]);
    expect(parse((await history("-o", "yaml")).stdout)).toEqual(found);

    const { stdout } = await history();
    expect(stdout).toMatch(/^\d+s +2 -> 3 +LoadAboveLimit\n {4}3 replicas instead of 2\.$/m);
    expect(stdout).toMatch(/^\d+s +MetricsHealthy +False +TooFewFresh\n {4}0 of 2 pods have a fresh sample\.$/m);
  });

  test("counts what was told several times", async () => {
    const recorder = new EventRecorder({ transport, instance: "test" });
    const regarding = {
      apiVersion: "evenkeel.io/v1alpha1",
      kind: "LoadBalancerPool",
      namespace: "default",
      name: "web",
      uid,
    };
    for (let n = 0; n < 3; n += 1)
      recorder.record({
        regarding,
        type: "Warning",
        action: "Report",
        reason: "StatusRefused",
        note: "It is refused.",
      });
    await recorder.flush();
    const { decisions } = JSON.parse((await history("-o", "json")).stdout);
    expect(decisions).toContainEqual(
      expect.objectContaining({ about: "Report", reason: "StatusRefused", count: 3, lastTime: expect.any(String) }),
    );
    expect((await history()).stdout).toMatch(/\(x3 over \d+s\)/);
  });

  test("of a pool that is not there", async () => {
    const { code, stderr } = await plugin.run(["history", "wbe", "--kubeconfig", config]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "kubectl evenkeel: there is no pool default/wbe: did you mean web?\n",
    });
  });
});
