import { crd } from "../../src/api/crd.ts";
import type { TestClient } from "../tools/control-plane/client.ts";
import { applyPatch } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/loadbalancerpools.evenkeel.io";

/** Makes the CRD what we generate, or what is given instead, and waits until the API server serves it. */
export async function installCrd(client: TestClient, definition: object = crd()): Promise<void> {
  const query = { fieldManager: "test", force: true };
  await client.call("PATCH", path, { contentType: applyPatch, query, body: definition });
  const established = async () => {
    const { status } = await client.call("GET", path);
    return status.conditions?.some(
      (c: { type: string; status: string }) => c.type === "Established" && c.status === "True",
    );
  };
  await waitFor(established, "the CRD to be established");
  const served = async () =>
    (await client.request("GET", "/apis/evenkeel.io/v1alpha1/loadbalancerpools")).status === 200;
  await waitFor(served, "the API server to serve pools");
}
