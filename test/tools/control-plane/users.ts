import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "../../rigs/cluster.ts";
import { createCertificate } from "./certificates.ts";

export interface User {
  readonly name: string;
  readonly groups?: readonly string[];
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A kubeconfig as JSON, which is YAML too. */
const kubeconfig = ({ server, ca, cert, key }: Pick<Cluster, "server" | "ca" | "cert" | "key">): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [{ name: "test", user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });

/**
 * The same control plane as another user, who starts with no rights but what his groups have. A service account is
 * `system:serviceaccount:NAMESPACE:NAME` with the groups `system:serviceaccounts[:NAMESPACE]`.
 */
export async function addUser<C extends Omit<Cluster, "cert" | "key" | "kubeconfigPath">>(
  cluster: C,
  { name, groups = [] }: User,
): Promise<Cluster> {
  const file = `user-${crypto.randomUUID()}`;
  const identity = await createCertificate({ folder: cluster.folder, file, name, groups });
  const kubeconfigPath = join(cluster.folder, `${file}.kubeconfig`);
  const user = { ...cluster, ...identity, kubeconfigPath };
  await writeFile(kubeconfigPath, kubeconfig(user), { mode: 0o600 });
  return user;
}
