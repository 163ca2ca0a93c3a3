import { createObjects, type Objects } from "../../../kube/objects.ts";
import { Transport } from "../../../kube/transport.ts";
import { openConnection } from "../../open-connection.ts";
import { toFailure } from "../failure.ts";
import type { ClusterFlags } from "../flags.ts";

/** The cluster that a command talks to. */
export interface OpenCluster {
  readonly transport: Transport;
  readonly objects: Objects;
  readonly server: URL;
  /** Where names without a namespace are. */
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** Runs with the cluster of the kubeconfig; what the API server refuses becomes a line that says what to do. */
export async function withCluster<T>(
  flags: ClusterFlags,
  signal: AbortSignal,
  use: (cluster: OpenCluster) => Promise<T>,
): Promise<T> {
  const connection = await openConnection(flags);
  const transport = new Transport({ connection, backoff: { baseMs: 250, maxMs: 1_000 }, failsFast: true });
  try {
    return await use({
      transport,
      objects: createObjects(transport),
      server: connection.server,
      namespace: flags.namespace ?? connection.namespace ?? "default",
      signal,
    });
  } catch (error) {
    throw toFailure(error, connection);
  } finally {
    await transport.close();
  }
}
