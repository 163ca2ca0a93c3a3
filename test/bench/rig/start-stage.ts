import type { Consumer } from "../../../src/serve/consumer.ts";
import { xds } from "../../../src/serve/xds/xds.ts";
import { startEmbeddedCluster } from "../../rigs/embedded-cluster.ts";
import { Rig } from "../../rigs/rig.ts";
import { findOrFetchEnvoy } from "../../tools/envoy.ts";

interface StageOptions {
  readonly pods: number;
  /** Between two changes of a pool over xDS at least. */
  readonly intervalMs: number;
  /** What of the pool `web` is not as usual. */
  readonly spec: object;
  readonly consumers?: readonly Consumer[];
}

/** The whole operator on an embedded cluster with a pool `web`, which it serves over xDS; all ends with the stack. */
export async function startStage(
  stack: AsyncDisposableStack,
  { pods: count, intervalMs, spec, consumers = [] }: StageOptions,
) {
  const found = await findOrFetchEnvoy();
  if (found.kind === "missing") throw new Error(found.reason);
  const embedded = await startEmbeddedCluster();
  stack.defer(embedded.stop);
  const rig = await Rig.start(embedded.cluster);
  stack.defer(() => rig.stop());
  const pods = await rig.deploy("web", count);
  const onError = (error: unknown): void => console.error(error);
  const operator = await rig.startOperator({
    consumers: [xds({ host: "127.0.0.1", port: 0, intervalMs, onError }), ...consumers],
  });
  await rig.applyPool("web", { strategy: { slowStart: "0s" }, ...spec });
  return {
    envoy: found.path,
    rig,
    pods,
    pool: `${rig.namespace}/web`,
    xdsPort: Number(new URL(operator.urls.xds!).port),
  };
}
