import { proxySettings } from "../config.ts";
import { type Connection, type ConnectionOptions, loadConnection } from "../kube/connection.ts";
import { ProxyError } from "../kube/proxy.ts";
import { UsageError } from "./flags/flag.ts";

/** The API server of the kubeconfig, by the proxies of the environment; what is wrong with either is said in one line. */
export async function openConnection(
  given: Pick<ConnectionOptions, "kubeconfig" | "context" | "server">,
): Promise<Connection> {
  const { kubeconfig, context, server } = given;
  try {
    return await loadConnection({ kubeconfig, context, server, proxies: proxySettings() });
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(error instanceof ProxyError ? message : `the kubeconfig cannot be used: ${message}`);
  }
}
