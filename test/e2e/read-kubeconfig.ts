import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse } from "yaml";
import type { Cluster } from "../rigs/cluster.ts";

const decode = (text: string): string => Buffer.from(text, "base64").toString();

/** The cluster that kind's kubeconfig leads to, as its administrator. */
export function readKubeconfig(kubeconfigPath: string, kubectl: string): Cluster {
  const { clusters, users } = parse(readFileSync(kubeconfigPath, "utf8"));
  const { server, "certificate-authority-data": ca } = clusters[0].cluster;
  const { "client-certificate-data": cert, "client-key-data": key } = users[0].user;
  return {
    server,
    ca: decode(ca),
    cert: decode(cert),
    key: decode(key),
    kubeconfigPath,
    kubectl,
    folder: dirname(kubeconfigPath),
    podsOnLoopback: false,
  };
}
