import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { xds } from "../../src/serve/xds/xds.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { type GrpcClient, sharesOf } from "../rigs/grpc/grpc-client.ts";
import { bootstrapOf, grpcClients } from "../rigs/grpc/grpc-clients.ts";
import { GrpcPod } from "../rigs/grpc/grpc-pod.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { podPorts } from "../rigs/pods/pod-listener.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const grpcPort = 50_051;
const xdsIntervalMs = 500;

const metrics = {
  interval: "500ms",
  timeout: "400ms",
  source: { http: { port: "metrics", connections: { name: "app_connections" } } },
};

/** The part of the weights that each pod has. */
function weightShares({ endpoints }: PoolDocument): Readonly<Record<string, number>> {
  const sum = endpoints.reduce((total, { weight }) => total + weight, 0);
  return Object.fromEntries(endpoints.map(({ pod, weight }) => [pod, weight / sum]));
}

describeCluster("a pool that gRPC's clients follow by themselves", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let xdsPort: number;
  let pods: readonly [RigPod, RigPod, RigPod];
  let servers: readonly GrpcPod[];
  const errors: unknown[] = [];

  const startOperator = async (): Promise<RunningOperator> => {
    const onError = (error: unknown) => errors.push(error);
    return rig.startOperator({
      consumers: [xds({ host: "127.0.0.1", port: xdsPort, intervalMs: xdsIntervalMs, onError })],
    });
  };

  /** Waits until the pod that reports so many more connections than the others has a third of their weight at most. */
  async function overload(busy: RigPod): Promise<void> {
    for (const pod of pods) pod.fake.connections = pod === busy ? 400 : 5;
    await rig.waitForServed(
      operator,
      "web",
      (served) => served.endpoints.length === 3 && weightShares(served)[busy.name]! <= 1 / 7,
      `with a small weight of ${busy.name}`,
    );
  }

  const served = async () => weightShares((await operator.pool(rig.namespace, "web"))!);

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.createDeployment({ name: "web", replicas: 3, ports: { ...podPorts, traffic: grpcPort } });
    pods = (await rig.waitForPods("web", 3)) as unknown as typeof pods;
    servers = await Promise.all(
      pods.map(({ name, address }) => GrpcPod.start({ name, host: address, port: grpcPort })),
    );
    [xdsPort = 0] = await findFreePorts(1);
    operator = await startOperator();
    await rig.applyPool("web", { ports: [{ name: "http", port: grpcPort }], strategy: { slowStart: "0s" }, metrics });
  });
  afterAll(async () => {
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await rig?.stop();
    expect(errors).toEqual([]);
  });

  for (const kind of grpcClients)
    describe.skipIf(!kind.isHere)(`${kind.name}${kind.isHere ? "" : ` (needs ${kind.name})`}`, () => {
      let client: GrpcClient;
      beforeAll(async () => {
        await overload(pods[0]);
        client = kind.start(`xds:///web.${rig.namespace}`, bootstrapOf(xdsPort));
        await waitFor(
          async () => Object.keys((await client.send({ forMs: 500 })).answers).length === 3,
          "all to answer",
        );
      });
      afterAll(() => client?.stop());

      /** Weights move meanwhile: what came of them lies between those before and those after. */
      async function expectByWeight(): Promise<void> {
        const before = await served();
        await client.send({ forMs: 3 * xdsIntervalMs });
        const result = await client.send({ calls: 2_000 });
        const after = await served();
        expect(result.errors).toEqual({});
        for (const [pod, share] of Object.entries(sharesOf(result))) {
          expect(share).toBeGreaterThan(Math.min(before[pod]!, after[pod]!) - 0.05);
          expect(share).toBeLessThan(Math.max(before[pod]!, after[pod]!) + 0.05);
        }
      }

      test("has its calls by the weights that the operator computes, and follows them", async () => {
        const accepted = servers.map((server) => server.accepted);
        await expectByWeight();
        await overload(pods[1]);
        await expectByWeight();
        expect(servers.map((server) => server.accepted)).toEqual(accepted);
      });

      test("sends nothing to a pod that is drained, two periods after that was decided", async () => {
        const [, , third] = pods;
        const annotate = (value: string | null) =>
          rig.client.call("PATCH", rig.path("v1", "pods", third.name), {
            body: { metadata: { annotations: { "evenkeel.io/drain": value } } },
          });
        await annotate("true");
        const isOut = ({ endpoints }: PoolDocument) => endpoints.every(({ pod }) => pod !== third.name);
        await rig.waitForServed(operator, "web", isOut, `without ${third.name}`, { intervalMs: 20 });
        await sleep(2 * xdsIntervalMs);
        const { answers, errors: failed } = await client.send({ calls: 1_000 });
        expect(failed).toEqual({});
        expect(Object.keys(answers)).not.toContain(third.name);
        await annotate(null);
        const isBack = async () => (await client.send({ calls: 100 })).answers[third.name] !== undefined;
        await waitFor(isBack, `${third.name} to be called again`);
      });

      test("loses no call while the operator is started again", async () => {
        const meanwhile = client.send({ forMs: 8_000, pauseMs: 2 });
        await rig.stopOperator(operator);
        operator = await startOperator();
        await rig.waitForServed(operator, "web", ({ endpoints }) => endpoints.length === 3, "again");
        const { answers, errors: failed } = await meanwhile;
        expect(failed).toEqual({});
        expect(Object.values(answers).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
        await overload(pods[2]);
        await expectByWeight();
      });
    });
});
