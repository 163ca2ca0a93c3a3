import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Cluster } from "../rigs/cluster.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { Rig } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { markedBlock } from "../tools/documents/pages.ts";
import { gatewayDefinitions } from "../tools/envoy-gateway.ts";
import { requirePart } from "../tools/require-part.ts";

// The recipe of docs/consumers/endpoint-picker.md, as an API server takes it that knows Envoy Gateway's kinds.

const found = await gatewayDefinitions();
const isHere = requirePart(
  `Envoy Gateway's definitions (${found.kind === "missing" ? found.reason : "Go"})`,
  found.kind === "ready",
);
const definitions = found.kind === "ready" ? found.all : [];

interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

const block = markedBlock("docs/consumers/endpoint-picker.md", "envoy", "gateway");
const recipe = parseAllDocuments(block.text).map((document) => document.toJS() as Written);

const title = "the recipe for Envoy Gateway";
if (isHere) describeCluster(title, { needs: ["CEL"] }, suite);
else describe.skip(`${title} (needs Go)`, () => test("is what its kinds take", () => {}));

function suite(cluster: Cluster): void {
  let rig: Rig;

  const write = ({ apiVersion, kind, metadata, spec }: Written) => {
    const { names } = definitions.find(({ spec: { names: own } }) => own.kind === kind)!.spec;
    const path = rig.path(apiVersion, names.plural);
    // What is written for two namespaces is tried in one; a field that nobody knows is refused.
    const body = { apiVersion, kind, metadata: { ...metadata, namespace: rig.namespace }, spec };
    return rig.client.call("POST", `${path}?fieldValidation=Strict&dryRun=All`, { body });
  };
  /** An API server begins to serve a kind a while after it is defined. */
  const writeOnceServed = (object: Written) =>
    waitFor(
      () =>
        write(object).catch((error: unknown) => {
          if (String(error).includes("404")) return false;
          throw new Error("refused", { cause: error });
        }),
      `${object.kind} to be taken`,
    );

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    for (const definition of definitions.filter(({ spec: { names } }) =>
      recipe.some(({ kind }) => kind === names.kind),
    ))
      await rig.client.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body: definition });
  });
  afterAll(() => rig.stop());

  test.each(recipe)("is what its kinds take: $kind", async (object) => {
    await writeOnceServed(object);
    await expect(write({ ...object, spec: { ...object.spec, unheardOf: 1 } })).rejects.toThrow(/unknown field/);
  });
}
