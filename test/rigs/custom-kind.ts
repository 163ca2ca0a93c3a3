interface KindOptions {
  readonly group?: string;
  /** Where its scale finds the label selector; absent: it has no scale. */
  readonly selectorPath?: string;
}

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;

/** A definition of a kind of workload, as operators bring them: any spec, any status. */
export function customKind(kind: string, { group = "example.com", selectorPath }: KindOptions = {}) {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const scale = {
    specReplicasPath: ".spec.replicas",
    statusReplicasPath: ".status.replicas",
    labelSelectorPath: selectorPath,
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular, listKind: `${kind}List` },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } },
          subresources: { status: {}, ...(selectorPath !== undefined && { scale }) },
        },
      ],
    },
  };
}
