import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { toSlice } from "../../src/act/slice.ts";
import { errorFromStatus } from "../../src/kube/api-error.ts";
import { outcomeOf } from "../../src/kube/outcome.ts";
import { readObject } from "../../src/kube/read-object.ts";
import type { KubeObject } from "../../src/kube/types.ts";
import { toSliceView } from "../../src/observe/cluster/foreign-slices.ts";
import { toPoolView } from "../../src/observe/cluster/pool.ts";
import { toAutoscaler, toLocality, toPod, toService } from "../../src/observe/cluster/project.ts";
import { byPodName, measureUse } from "../../src/observe/sources/resource.ts";
import { replicasBy } from "../../src/observe/targets/replicas-by.ts";
import { makePod } from "../observe/sampling/fake-pods.ts";

/** What stands where something else is to stand. `undefined` takes it away. */
const odd = fc.constantFrom<unknown>(
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  "",
  "x",
  "9".repeat(40),
  "2026-13-99",
  [],
  [null],
  [[]],
  ["x", 7],
  [{}],
  {},
  { a: null },
  { constructor: 1 },
);

type Json = unknown;
const isBranch = (value: Json): value is Record<string, Json> => typeof value === "object" && value !== null;

/** Every place in a document. */
function placesIn(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (!isBranch(value)) return [path];
  return [path, ...Object.keys(value).flatMap((key) => placesIn(value[key], [...path, key]))];
}

function put(value: Json, [key, ...rest]: readonly string[], replacement: Json): Json {
  if (key === undefined) return replacement;
  if (!isBranch(value)) return value;
  const copy: Record<string, Json> = Array.isArray(value)
    ? ([...value] as unknown as Record<string, Json>)
    : { ...value };
  const inner = put(copy[key], rest, replacement);
  if (inner === undefined && !Array.isArray(copy)) delete copy[key];
  else copy[key] = inner;
  return copy;
}

const spoils = fc.array(fc.record({ at: fc.double({ min: 0, max: 0.999_999, noNaN: true }), by: odd }), {
  minLength: 1,
  maxLength: 4,
});

/** The document with some of its parts replaced by what should not be there. */
const spoilt = (document: Json): fc.Arbitrary<Json> =>
  spoils.map((changes) =>
    changes.reduce<Json>((seen, { at, by }) => {
      const places = placesIn(seen);
      return put(seen, places[Math.floor(at * places.length)]!, by);
    }, document),
  );

const metadata = {
  name: "web-1",
  namespace: "shop",
  uid: "uid-1",
  resourceVersion: "7",
  generation: 3,
  creationTimestamp: "2026-01-01T00:00:00Z",
  deletionTimestamp: "2026-01-02T00:00:00Z",
  labels: { app: "web", "topology.kubernetes.io/zone": "a" },
  annotations: { "evenkeel.io/drain": "true", "controller.kubernetes.io/pod-deletion-cost": "-1" },
  finalizers: ["example.com/hold"],
  ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "uid-rs", controller: true }],
  managedFields: [
    {
      manager: "evenkeel",
      fieldsV1: { "f:metadata": { "f:annotations": { "f:controller.kubernetes.io/pod-deletion-cost": {} } } },
    },
  ],
};

const text = z.string();
const port = z.int().min(1).max(65_535);
const podView = z.object({
  namespace: text,
  name: text.min(1),
  uid: text,
  createdAt: z.number(),
  startedAt: z.number().optional(),
  phase: z.enum(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
  labels: z.record(text, text),
  addresses: z.array(text),
  addressRefused: z.boolean(),
  ready: z.boolean(),
  readyChangedAt: z.number().optional(),
  terminating: z.boolean(),
  hostNetwork: z.boolean(),
  node: text.optional(),
  ports: z.array(z.object({ name: text.optional(), port })),
  cpuRequest: z.number().optional(),
  memoryRequest: z.number().optional(),
  containers: z
    .array(z.object({ name: text, cpuRequest: z.number().optional(), memoryRequest: z.number().optional() }))
    .optional(),
  owner: z.looseObject({ kind: text, uid: text }).optional(),
  drainRequested: z.literal(true).optional(),
  deletionCost: z.looseObject({ value: z.number(), ours: z.boolean() }).optional(),
});
const identity = { namespace: text, name: text.min(1), uid: text };

interface Projection {
  readonly document: object;
  readonly project: (raw: KubeObject) => unknown;
  readonly view: z.ZodType;
}

const projections: Record<string, Projection> = {
  pod: {
    document: {
      metadata,
      spec: {
        nodeName: "node-1",
        hostNetwork: false,
        containers: [
          {
            name: "web",
            ports: [
              { name: "http", containerPort: 8080, protocol: "TCP" },
              { containerPort: 53, protocol: "UDP" },
            ],
            resources: { requests: { cpu: "250m" } },
          },
        ],
        initContainers: [{ name: "proxy", restartPolicy: "Always", ports: [{ containerPort: 15_000 }] }],
      },
      status: {
        phase: "Running",
        startTime: "2026-01-01T00:00:05Z",
        podIP: "10.0.0.1",
        podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }],
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:09Z" }],
      },
    },
    project: (raw) => toPod(raw, false),
    view: podView,
  },
  service: {
    document: {
      metadata,
      spec: {
        selector: { app: "web" },
        ports: [
          { name: "http", port: 80, targetPort: "http" },
          { port: 81, targetPort: 8081, nodePort: 30_081 },
        ],
      },
    },
    project: toService,
    view: z.looseObject({
      ...identity,
      createdAt: z.number(),
      hasSelector: z.boolean(),
      owner: text.optional(),
      pool: text.optional(),
      beside: z.array(text),
      ports: z.array(z.looseObject({ name: text.optional(), port, targetPort: z.union([text, port]).optional() })),
      ownPorts: z.set(text),
    }),
  },
  "a slice of somebody else": {
    document: {
      metadata: {
        ...metadata,
        labels: { "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "somebody" },
      },
    },
    project: toSliceView,
    view: z
      .looseObject({
        namespace: text,
        name: text.min(1),
        service: text.min(1),
        manager: text.optional(),
        owner: z.object({ kind: text, name: text, uid: text }).optional(),
      })
      .optional(),
  },
  "a HorizontalPodAutoscaler": {
    document: { metadata, spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } } },
    project: (raw) => toAutoscaler(raw, "HorizontalPodAutoscaler"),
    view: z
      .looseObject({
        kind: text,
        name: text,
        namespace: text,
        target: z.object({ apiVersion: text.optional(), kind: text, name: text }),
      })
      .optional(),
  },
  node: { document: { metadata }, project: toLocality, view: text },
  "who wrote the replicas of a workload": {
    document: {
      metadata: {
        ...metadata,
        managedFields: [
          { manager: "argocd", time: "2026-01-01T00:00:00Z", fieldsV1: { "f:spec": { "f:replicas": {} } } },
          { manager: "evenkeel", fieldsV1: { "f:spec": { "f:replicas": {} } } },
        ],
      },
    },
    project: (raw) => replicasBy(raw.metadata),
    view: z.object({ manager: text.min(1), isOwn: z.boolean() }).optional(),
  },
  pool: {
    document: {
      metadata,
      spec: {
        targetRef: { name: "web" },
        ports: [{ name: "http", port: 8080 }],
        metrics: { source: { http: { connections: { name: "open" } } } },
      },
      status: { observedGeneration: 3, conditions: [], endpoints: [], replicas: 3 },
    },
    project: toPoolView,
    view: z.looseObject({
      ...identity,
      generation: z.number(),
      resourceVersion: text,
      status: z.looseObject({}),
      valid: z.boolean(),
    }),
  },
  slice: {
    document: {
      metadata,
      addressType: "IPv4",
      endpoints: [
        {
          addresses: ["10.0.0.1"],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" },
          nodeName: "node-1",
          zone: "a",
        },
      ],
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    },
    project: toSlice,
    view: z.looseObject({
      endpoints: z.array(
        z.looseObject({
          addresses: z.array(text),
          conditions: z.looseObject({}),
          targetRef: z.looseObject({}).optional(),
        }),
      ),
      ports: z.array(z.looseObject({})),
    }),
  },
};

describe("whatever others send", () => {
  test.each(Object.entries(projections))("%s is a view of its type, or none", (_, { document, project, view }) => {
    expect(view.safeParse(project(readObject(document)!)).error).toBeUndefined();
    fc.assert(
      fc.property(spoilt(document), (raw) => {
        const object = readObject(raw);
        if (!object) return;
        expect(view.safeParse(project(object)).error).toBeUndefined();
      }),
      { numRuns: 1_500 },
    );
  });

  test("an object that is sound stays as it is, and what is null or of another type is not there", () => {
    const sound = { metadata, spec: {} };
    expect(readObject(sound)).toBe(sound);
    const nulls = { metadata: { name: "web-1", deletionTimestamp: null, labels: null, ownerReferences: null } };
    expect(readObject(nulls)).toMatchObject({ metadata: { name: "web-1", labels: {}, ownerReferences: [] } });
    expect(readObject(nulls)?.metadata.deletionTimestamp).toBeUndefined();
    for (const none of [
      null,
      7,
      "x",
      [],
      {},
      { metadata: null },
      { metadata: { name: "" } },
      { metadata: { name: 7 } },
    ])
      expect(readObject(none)).toBeUndefined();
  });

  test("figures of metrics.k8s.io are a load, or a failure, of their own pod", () => {
    const item = {
      metadata: { name: "web-1" },
      timestamp: "2026-01-01T00:00:10Z",
      containers: [
        { name: "a", usage: { cpu: "100m" } },
        { name: "b", usage: { cpu: "50m" } },
      ],
    };
    const pod = makePod({ name: "web-1", cpuRequest: 500 });
    const now = Date.parse("2026-01-01T00:00:20Z");
    const other = { ...item, metadata: { name: "web-2" } };
    fc.assert(
      fc.property(spoilt(item), (raw) => {
        const named = byPodName([raw, other]);
        const measured = measureUse(pod, named.get("web-1"), { name: "cpu" }, now);
        if (measured.kind === "sampled") expect(measured.sample.load).toBeGreaterThanOrEqual(0);
        else expect(["Malformed", "MetricMissing", "ValueRefused"]).toContain(measured.failure);
        expect(measureUse({ ...pod, name: "web-2" }, named.get("web-2"), { name: "cpu" }, now)).toMatchObject({
          kind: "sampled",
        });
      }),
      { numRuns: 1_500 },
    );
  });

  test("a refusal is an error with a reason, whatever its body", async () => {
    const status = {
      kind: "Status",
      code: 422,
      reason: "Invalid",
      message: "it is not valid",
      details: {
        name: "web",
        causes: [{ reason: "FieldValueInvalid", message: "no", field: "spec" }],
        retryAfterSeconds: 3,
      },
    };
    await fc.assert(
      fc.asyncProperty(spoilt(status), fc.constantFrom(403, 404, 409, 410, 422), async (body, code) => {
        const error = errorFromStatus(code, body);
        expect([typeof error.reason, typeof error.message]).toEqual(["string", "string"]);
        const refused = await outcomeOf(Promise.reject(error));
        expect(refused.kind).not.toBe("ok");
      }),
      { numRuns: 800 },
    );
  });
});
