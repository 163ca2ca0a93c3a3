import { afterAll, beforeAll, expect, test } from "vitest";
import { crd, poolSchema } from "../../src/api/crd.ts";
import { apiVersion, kind, plural, pool } from "../../src/api/pool.ts";
import type { Schema } from "../../src/api/structural.ts";
import { toTime } from "../../src/api/time.ts";
import { plan } from "../../src/decide/plan.ts";
import { describe } from "../../src/decide/status/describe.ts";
import { loaded, observation, observedAt, pod, pool as poolOf, reading, sample } from "../builders/builders.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { poolTable } from "../suites/pool-table.ts";
import type { KubeObject, Reply } from "../tools/control-plane/client.ts";
import { applyPatch, TestClient } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { markedBlock } from "../tools/documents/pages.ts";

interface Status {
  readonly message: string;
  readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message: string }[] };
}

const scaledSpec = {
  targetRef: { name: "web" },
  ports: [{ name: "http", port: 8080 }],
  metrics: { source: { http: { connections: { name: "open" }, load: { name: "load" } } } },
  scaling: { maxReplicas: 5 },
};

/** What the API server calls the object itself, where it should name a field. */
const wholeObject = "<nil>";
const crdPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd().metadata.name}`;

/** Makes the API server serve pools, and waits until it does. */
async function applyCrd(client: TestClient): Promise<KubeObject> {
  const query = { fieldManager: "test", force: true };
  await client.call("PATCH", crdPath, { body: crd(), contentType: applyPatch, query });
  return waitFor(async () => {
    const found = await client.call("GET", crdPath);
    const is = (type: string) =>
      found.status?.conditions?.some(
        (condition: { type: string; status: string }) => condition.type === type && condition.status === "True",
      );
    return is("Established") && is("NamesAccepted") && found;
  }, "the CRD to be established");
}

describeCluster("the API server's verdict", { needs: ["CEL"] }, (cluster) => {
  let client: TestClient;
  let namespace: string;
  let served: KubeObject;

  beforeAll(async () => {
    client = new TestClient(cluster);
    served = await applyCrd(client);
    namespace = await client.createNamespace();
    // Established says that the names are taken; the handler itself may follow a moment later.
    await waitFor(async () => (await client.request("GET", collection())).status === 200, "pools to be served");
  });
  afterAll(async () => {
    await client.deleteNamespace(namespace);
    await client.close();
  });

  const collection = () => `/apis/${apiVersion}/namespaces/${namespace}/${plural}`;
  const dryRun = (body: unknown): Promise<Reply<KubeObject & Status>> =>
    client.request("POST", collection(), { body, query: { dryRun: "All" } });
  const post = (name: string, spec: unknown) => dryRun({ apiVersion, kind, metadata: { name }, spec });

  test.for(poolTable.filter(({ refusal }) => !refusal))("$name", async ({ poolName, spec }) => {
    const { status, body } = await post(poolName, spec);
    expect(body.message).toBeUndefined();
    expect(status).toBe(201);
    const own = pool.parse({ metadata: { name: poolName }, spec });
    expect(pool.parse(body).spec).toEqual(own.spec);
  });

  test.for(poolTable.filter(({ refusal }) => refusal))("$name", async ({ poolName, spec, refusal }) => {
    const { status, body } = await post(poolName, spec);
    expect(status).toBe(422);
    const field = refusal?.field || wholeObject;
    const message = expect.stringContaining(refusal?.says ?? "");
    expect(body.details?.causes).toContainEqual(expect.objectContaining({ field, message }));
  });

  test("the schema is taken without a complaint: structural, within the budget of its rules, known formats", async () => {
    const query = { fieldManager: "test", force: true, dryRun: "All", fieldValidation: "Strict" };
    const { status, headers } = await client.request("PATCH", crdPath, {
      body: crd(),
      contentType: applyPatch,
      query,
    });
    expect(status).toBe(200);
    expect(headers.get("warning")).toBeNull();
    const conditions = served.status.conditions as { type: string }[];
    expect(conditions.map(({ type }) => type).sort()).toEqual(["Established", "NamesAccepted"]);
  });

  test("a decimal without quotes is refused in the words that troubleshooting shows", async () => {
    const metrics = { source: { http: { load: { name: "load", capacity: 0.8 } } } };
    const refused = { apiVersion, kind, metadata: { name: "checkout", namespace }, spec: { ...scaledSpec, metrics } };
    const { code, stderr } = await client.kubectl(["apply", "-f", "-"], { input: JSON.stringify(refused) });
    expect(code).toBe(1);
    expect(stderr).toBe(markedBlock("docs/troubleshooting.md", "shown", "decimal").text);
  });

  test("kubectl explains every field", async () => {
    const plain = (text: string) => text.replaceAll(/\s+/g, " ");
    await waitFor(async () => (await client.kubectl(["explain", "lbp.spec"])).code === 0, "the schema to be published");
    // What kubectl says of the other fields at the top is Kubernetes' own.
    const { spec: specSchema, status } = poolSchema().properties as Properties;
    for (const { path, fields } of objectsIn({ spec: specSchema!, status: status! }, "lbp")) {
      const text = plain((await client.kubectl(["explain", path])).stdout);
      for (const [name, { description }] of Object.entries(fields)) {
        expect(text, path).toContain(` ${name} <`);
        expect(text, path).toContain(plain(description as string));
      }
    }
  });

  test("a status as the operator describes it is kept to the letter", async () => {
    await client.call("POST", collection(), {
      body: { apiVersion, kind, metadata: { name: "web" }, spec: scaledSpec },
    });
    const hot = observation({
      pool: poolOf(scaledSpec),
      pods: [
        loaded("web-1", 90.6, 91),
        { pod: pod("web-2"), reading: reading(sample({ load: 1e12, connections: 1e12 })) },
      ],
    });
    const scaled = {
      time: toTime(observedAt),
      from: 2,
      to: 3,
      reason: "LoadAboveLimit",
      message: "arithmetic",
      step: { time: toTime(observedAt), from: 2 },
    };
    const status = describe(hot, plan(hot).plan, { scaled });
    const query = { fieldManager: "test", fieldValidation: "Strict" };
    const body = { apiVersion, kind, metadata: { name: "web" }, status };
    const path = `${collection()}/web/status`;
    const written = await client.call("PATCH", path, { body, contentType: applyPatch, query });
    expect(written.status).toEqual(status);
    expect(pool.parse(written).status).toEqual(status);
  });
});

type Properties = Readonly<Record<string, Schema>>;

/** The fields of each object, by the path that kubectl knows the object under. */
function objectsIn(fields: Properties, path: string): { path: string; fields: Properties }[] {
  const inner = Object.entries(fields).flatMap(([name, field]) => {
    const { properties } = (field.type === "array" ? field.items : field) as Schema;
    return properties ? objectsIn(properties as Properties, `${path}.${name}`) : [];
  });
  return [{ path, fields }, ...inner];
}
