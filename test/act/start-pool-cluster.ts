import { onTestFinished } from "vitest";
import { crd } from "../../src/api/crd.ts";
import type { Pool } from "../../src/decide/world.ts";
import { plainConnection } from "../../src/kube/connection.ts";
import { createObjects, type Objects } from "../../src/kube/objects.ts";
import { type RequestReport, Transport } from "../../src/kube/transport.ts";
import { loadBalancerPools, type Manifest } from "../../src/kube/types.ts";
import { startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import { pool as poolBuilder } from "../builders/builders.ts";
import { poolOf } from "../rigs/embedded-stage.ts";

interface PoolClusterSettings {
  /** Kinds that are served besides the pool's. */
  readonly kinds?: readonly object[];
  /** Parts of the pool's spec, as users write it. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly onRequest?: (report: RequestReport) => void;
}

/**
 * An API server that ends with the test, and a pool in it, without which the garbage collector would delete what names it
 * as owner.
 */
export async function startPoolCluster(
  settings: PoolClusterSettings = {},
): Promise<{ readonly objects: Objects; readonly pool: Pool }> {
  const { kinds = [], spec, onRequest } = settings;
  const server = await startEmbedded({ crds: [crd(), ...kinds] });
  const transport = new Transport({ connection: plainConnection(server.url), ...(onRequest && { onRequest }) });
  onTestFinished(async () => {
    await transport.close();
    await server.close();
  });
  const objects = createObjects(transport);
  return { objects, pool: await createPool(objects, spec) };
}

/** Creates the pool that `pool()` of the builders is, in the namespace default. */
export async function createPool(objects: Objects, spec: PoolClusterSettings["spec"] = {}): Promise<Pool> {
  const body = { ...poolOf("web", spec), metadata: { name: "web", namespace: "default" } };
  const made = await objects.create<Manifest>(loadBalancerPools, body);
  if (made.kind !== "ok") throw new Error(made.kind);
  return { ...poolBuilder(spec), namespace: "default", uid: made.object.metadata.uid! };
}
