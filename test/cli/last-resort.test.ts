import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { writeKubeconfig } from "../rigs/embedded-kubeconfig.ts";
import { EmbeddedStage, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { patienceMs, waitFor } from "../tools/control-plane/wait-for.ts";

/** A real process on the embedded cluster, in which something goes wrong after a while that nobody catches. */
async function startWith(fault: string) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web"));
  await session.create(poolsPath, poolOf("web"));
  const kubeconfig = await writeKubeconfig(stage.url);
  // It comes once the process leads: what a library did in a callback, hours after its start.
  const odd = `process.once("SIGUSR2", () => { setTimeout(() => { ${fault} }) })`;
  const operator = await OperatorProcess.start(
    { kubeconfig, "lease-namespace": "default" },
    { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(odd)}` },
  );
  onTestFinished(async () => void (await operator.end("SIGKILL")));
  const lease = async () =>
    (await session.get(`${session.inNamespace("coordination.k8s.io/v1", "leases")}/evenkeel`)).spec;
  await waitFor(async () => (await lease())?.holderIdentity, "a leader");
  operator.signal("SIGUSR2");
  return { session, operator, lease };
}

const told = async ({ url }: OperatorProcess, kind: string) => {
  const { body } = await request(`${url}/metrics`);
  return (await body.text()).includes(`evenkeel_unhandled_errors_total{kind="${kind}"} 1`);
};

test("a promise that rejects unheard is told of, and all pools go on", async () => {
  const { session, operator } = await startWith("Promise.reject(new Error('nobody hears'))");
  await waitFor(() => told(operator, "rejection"), "the count of the rejection");
  await session.create(session.deployments, workload("later"));
  await session.create(poolsPath, poolOf("later"));
  await waitFor(
    async () => (await operator.pool("default", "later"))?.conditions.length,
    "a pool that came afterwards",
  );
  expect((await request(`${operator.url}/livez`)).statusCode).toBe(200);
  expect(await operator.end("SIGTERM")).toBe(0);
});

test("an exception that nobody catches ends the process in order, with the lease given back", async () => {
  const { operator, lease } = await startWith("throw new Error('nobody catches')");
  expect(await Promise.race([operator.ended(), sleep(patienceMs, "still there")])).toBe(1);
  expect((await lease()).holderIdentity).toBe("");
});
