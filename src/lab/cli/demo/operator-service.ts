import { endpointSlices, type Manifest, namespaces, type ResourceRef, services } from "../../../kube/types.ts";

/** Where the chart's documentation installs the operator, and where its Lease is. */
export const operatorNamespace = "evenkeel";
const name = "evenkeel";

export interface Placed {
  readonly ref: ResourceRef;
  readonly object: Manifest;
}

const placed = (ref: ResourceRef, object: Manifest & Readonly<Record<string, unknown>>): Placed => ({ ref, object });

export const operatorHome: Placed = placed(namespaces, {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: operatorNamespace },
});

/** The operator's Service as the chart has it. What it stands for runs in this process, so it has a slice of its own. */
export function operatorService(urls: { readonly http: URL; readonly page: URL }): readonly Placed[] {
  const ports = Object.entries(urls).map(([port, url]) => ({ name: port, port: Number(url.port), protocol: "TCP" }));
  return [
    placed(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name,
        namespace: operatorNamespace,
        // By which kubectl's plugin finds it.
        labels: { "app.kubernetes.io/name": "evenkeel", "app.kubernetes.io/component": "api" },
      },
      spec: { ports: ports.map((each, index) => ({ ...each, port: 8_080 + index, targetPort: each.port })) },
    }),
    placed(endpointSlices, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: `${name}-demo`,
        namespace: operatorNamespace,
        labels: { "kubernetes.io/service-name": name },
      },
      addressType: "IPv4",
      ports,
      endpoints: [{ addresses: [urls.http.hostname], conditions: { ready: true } }],
    }),
  ];
}
