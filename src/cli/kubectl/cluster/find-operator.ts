import { type KubeObject, services } from "../../../kube/types.ts";
import { Failure } from "../failure.ts";
import type { OpenCluster } from "./open-cluster.ts";

interface ServiceObject extends KubeObject {
  readonly spec?: {
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly appProtocol?: string }[];
  };
}

export interface OperatorService {
  readonly namespace: string;
  readonly name: string;
  /** `SCHEME:NAME:PORT`, as the API server's proxy wants it. */
  readonly proxyName: string;
}

/** Where the operator may be. */
export interface Whereabouts {
  /** Where it is, from who knows. */
  readonly operatorNamespace: string | undefined;
  /** Where an operator of its own may be. */
  readonly poolNamespace: string;
}

/** Of the Service that answers; the one by which replicas find each other is another component. */
const operatorLabels = "app.kubernetes.io/name=evenkeel,app.kubernetes.io/component=api";
/** Where the documentation installs it. */
const usualNamespace = "evenkeel";

/** How to get the rights that the chart's Role for those who ask has. */
export const askForRole = (namespace: string, fullname: string): string =>
  `ask for the chart's Role ${fullname}-explain (kubectl create rolebinding NAME --namespace ${namespace} --role ${fullname}-explain --user YOU)`;

/** Its operators, or undefined where one may not look. */
async function lookIn(
  { objects, signal }: OpenCluster,
  namespace: string | undefined,
): Promise<OperatorService[] | undefined> {
  const outcome = await objects.list<ServiceObject>(services, namespace, { labelSelector: operatorLabels, signal });
  if (outcome.kind !== "ok") return undefined;
  return outcome.object.flatMap(({ metadata: { name, namespace }, spec }) => {
    const port = spec?.ports?.find(({ name }) => name === "http") ?? spec?.ports?.[0];
    if (!port) return [];
    const scheme = port.appProtocol === "https" ? "https" : "http";
    return [{ namespace: namespace!, name, proxyName: `${scheme}:${name}:${port.name ?? port.port}` }];
  });
}

/**
 * Each Service that may be the operator's, likeliest first, and at least one. Who may not look in all namespaces finds it
 * in the usual one and in the pool's own.
 */
export async function findOperators(
  cluster: OpenCluster,
  { operatorNamespace, poolNamespace }: Whereabouts,
): Promise<readonly OperatorService[]> {
  const everywhere = await lookIn(cluster, operatorNamespace);
  if (everywhere?.length === 0)
    throw new Failure(
      `no Service with the labels ${operatorLabels} was found${operatorNamespace === undefined ? "" : ` in ${operatorNamespace}`}: install the operator with its chart, or name its address with --operator-url`,
    );
  const isUsual = ({ namespace }: OperatorService): number => Number(namespace === usualNamespace);
  if (everywhere) return everywhere.sort((a, b) => isUsual(b) - isUsual(a));
  if (operatorNamespace !== undefined)
    throw new Failure(
      `you may not look for the operator in ${operatorNamespace} (list services): ${askForRole(operatorNamespace, "evenkeel")}, or name its address with --operator-url`,
    );
  const likely = [...new Set([usualNamespace, poolNamespace])];
  const found = await Promise.all(likely.map((namespace) => lookIn(cluster, namespace)));
  const services = found.flatMap((list) => list ?? []);
  if (services.length > 0) return services;
  const refused = likely.filter((_, index) => found[index] === undefined);
  const itsNamespace = refused.includes(usualNamespace) ? usualNamespace : "NAMESPACE";
  throw new Failure(
    `you may not look for the operator (list services) in ${[...refused, "all namespaces"].join(", ")}: ${askForRole(itsNamespace, "evenkeel")}, name its namespace with --operator-namespace, or its address with --operator-url`,
  );
}
