import { expect, test } from "vitest";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { requestsTo, statusOf, waitForReady } from "./published.ts";

const many = 60;
const inTenant = (path: string): string => path.replace("/default/", "/tenant/");

/** As many pools of another namespace, on a Deployment each. */
async function createTenant({ session }: EmbeddedStage, spec: object = {}): Promise<void> {
  await session.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "tenant" } });
  const names = Array.from({ length: many }, (_, index) => `bad-${index}`);
  await Promise.all(names.map((name) => session.create(inTenant(session.deployments), workload(name))));
  await Promise.all(names.map((name) => session.create(inTenant(poolsPath), poolOf(name, { ...spec }))));
}

const scaled = { metrics: loopbackMetrics, scaling: { maxReplicas: 3 } };

const cases = [
  ["the scale of its workload", {}, /^GET .*\/tenant\/deployments\/bad-\d+\/scale/],
  ["who owns its pods", scaled, /^GET .*\/tenant\/replicasets\?.*metadata\.name/],
] as const;

test.each(cases)(
  "pools of a tenant of whom nobody answers %s keep no other from being read",
  async (_, spec, asked) => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    await createTenant(stage, spec);
    const hung = (): number => requestsTo(stage, asked).length;
    stage.intercept = ({ method, url }) => (asked.test(`${method} ${url}`) ? "hang" : undefined);
    await stage.startOperator();
    await waitFor(() => hung() > 3, "questions that hang");
    const before = hung();
    await session.create(session.deployments, workload("web", { replicas: 2 }));
    await session.create(poolsPath, poolOf("web", scaled));
    await waitForReady(stage, "web", 2);
    await waitFor(async () => {
      const scaling = (await statusOf(stage, "web")).conditions?.find(({ type }) => type === "ScalingActive");
      return scaling && !scaling.reason.startsWith("Owners");
    }, "its owners to be known");
    // It stood in no line behind those that hang.
    expect(hung() - before).toBeLessThan(many / 2);
  },
);
