const text = { type: "string" } as const;

/** The suite's own kind: one field for each thing that a schema can say. */
export const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.suite.evenkeel.io" },
  spec: {
    group: "suite.evenkeel.io",
    scope: "Namespaced",
    names: {
      plural: "widgets",
      singular: "widget",
      kind: "Widget",
      listKind: "WidgetList",
      shortNames: ["wd"],
      categories: ["all"],
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
        },
        additionalPrinterColumns: [
          { name: "Size", type: "integer", jsonPath: ".spec.size" },
          { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: "Mode", type: "string", jsonPath: ".spec.mode", priority: 1 },
          { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: "A thing to test with.",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                description: "What the widget should be.",
                required: ["size"],
                properties: {
                  size: { type: "integer", format: "int32", minimum: 1, maximum: 100, description: "How big." },
                  replicas: { type: "integer", format: "int32" },
                  mode: { type: "string", enum: ["Fast", "Slow"], default: "Fast" },
                  name: { type: "string", pattern: "^[a-z]+$", minLength: 2, maxLength: 5 },
                  when: { type: "string", format: "date-time" },
                  port: { "x-kubernetes-int-or-string": true },
                  nested: {
                    type: "object",
                    default: {},
                    properties: { depth: { type: "integer", default: 3 }, label: text },
                  },
                  optional: { type: "object", properties: { a: { type: "integer", default: 1 }, b: text } },
                  notes: { type: "object", additionalProperties: text },
                  tags: { type: "array", maxItems: 3, items: text, "x-kubernetes-list-type": "set" },
                  args: { type: "array", items: text },
                  free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  ports: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: {
                      type: "object",
                      required: ["name"],
                      properties: {
                        name: text,
                        port: { type: "integer", minimum: 1 },
                        protocol: { type: "string", default: "TCP" },
                      },
                    },
                  },
                },
                "x-kubernetes-validations": [
                  { rule: "!has(self.name) || self.name != 'bad'", message: "name must not be bad" },
                ],
              },
              status: {
                type: "object",
                properties: {
                  replicas: { type: "integer" },
                  phase: text,
                  conditions: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["type"],
                    items: {
                      type: "object",
                      required: ["type", "status"],
                      properties: { type: text, status: text, reason: text },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

/** The CEL rule of the definition, for a server that has no CEL: what is wrong with a widget. */
export const widgetProblems = (object: { readonly kind: string; readonly spec?: unknown }): string[] =>
  object.kind === "Widget" && (object.spec as { name?: string } | undefined)?.name === "bad"
    ? ["spec: name must not be bad"]
    : [];
