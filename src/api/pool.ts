import * as z from "zod";
import { access } from "./access.ts";
import { defined } from "./defined.ts";
import { dnsLabel, dnsLabelMessage } from "./dns-label.ts";
import { duration } from "./duration.ts";
import { health } from "./health.ts";
import { givenMetrics, metricsOf, needsFigure } from "./metrics.ts";
import { dropNulls } from "./nulls.ts";
import { ports } from "./ports.ts";
import { publishTo } from "./publish-to.ts";
import { readySet } from "./ready-set.ts";
import { rebalance } from "./rebalance.ts";
import { listed, withRules } from "./rules.ts";
import { scaling } from "./scaling.ts";
import type { Figure } from "./sources/sources.ts";
import { poolStatus } from "./status.ts";

export const group = "evenkeel.io";
export const version = "v1alpha1";
export const kind = "LoadBalancerPool";
export const plural = "loadbalancerpools";
export const apiVersion = `${group}/${version}`;

/** The strategies, by the names that users write. */
export const strategyTypes = [
  "RoundRobin",
  "Random",
  "LeastConnections",
  "LeastLoad",
  "FastestResponse",
  "PowerOfTwoChoices",
  "Prequal",
  "Packing",
] as const;
export type StrategyType = (typeof strategyTypes)[number];

interface StrategyWords {
  readonly does: string;
  /** Of these figures a pool must read one for the strategy to have something to go by, if there are any. */
  readonly needs: readonly Figure[];
}

const strategies: Readonly<Record<StrategyType, StrategyWords>> = {
  RoundRobin: { does: "takes turns", needs: [] },
  Random: { does: "shuffles", needs: [] },
  LeastConnections: {
    does: "prefers pods with few open connections relative to what each can serve",
    needs: ["connections"],
  },
  Prequal: { does: "spares the fullest pods and prefers those that respond fast", needs: ["connections"] },
  FastestResponse: { does: "moves traffic away from pods that respond slowly", needs: ["responseTime"] },
  PowerOfTwoChoices: { does: "takes the better of two pods drawn at random", needs: ["connections", "load"] },
  Packing: { does: "fills the fullest pods that have room, so that others run empty", needs: ["load"] },
  LeastLoad: { does: "moves traffic until all pods are equally loaded", needs: ["load"] },
};

export const needsOf = (type: StrategyType): readonly Figure[] => strategies[type].needs;

/** What a strategy does, in a few words: `takes turns`. */
export const strategyDoes = (type: StrategyType): string => strategies[type].does;

const maxLabels = 16;

const targetRef = z
  .object({
    apiVersion: z
      .string()
      .max(320)
      .regex(/^([a-z0-9.-]+\/)?v[0-9][a-z0-9]*$/, "must be GROUP/VERSION, such as apps/v1")
      .default("apps/v1")
      .describe("API group and version of the workload."),
    kind: z
      .string()
      .max(63)
      .regex(/^[A-Z][A-Za-z0-9]*$/, "must be a kind, such as Deployment")
      .default("Deployment")
      .describe("Kind of the workload: any kind with a scale subresource."),
    name: z
      .string()
      .max(253)
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "must be the name of a workload")
      .describe("Name of the workload, in the pool's namespace."),
  })
  .describe("Workload whose pods form the pool. With spec.scaling, the pool also sets its replicas.");

const selector = withRules(
  z.object({
    matchLabels: z
      .record(z.string(), z.string().max(63))
      .refine((labels) => Object.keys(labels).length <= maxLabels, `at most ${maxLabels} labels`)
      .meta({ maxProperties: maxLabels })
      .default({})
      .describe("Labels that a pod must have to be in the pool."),
  }),
  "Labels of the pods that form the pool, in place of targetRef.",
  [
    {
      cel: "has(self.matchLabels) && size(self.matchLabels) > 0",
      message: "matchLabels needs at least one label",
      holds: ({ matchLabels }) => Object.keys(matchLabels).length > 0,
    },
  ],
);

const strategy = z
  .object({
    type: z
      .enum(strategyTypes)
      .default("LeastConnections")
      .describe(strategyTypes.map((type) => `${type} ${strategies[type].does}.`).join(" ")),
    slowStart: duration(
      "30s",
      "Time in which the weight of a pod that turned ready grows from a tenth to the full value. 0s for none.",
    ),
  })
  .describe("How endpoints are ordered and weighted.")
  .prefault({});

/** How slices tell of a ready pod that gets no new connections, by the names that users write. */
export const outForms = ["NotReady", "Serving", "Omitted"] as const;
export type OutForm = (typeof outForms)[number];

const publish = z
  .object({
    service: z
      .string()
      .max(63)
      .regex(dnsLabel, dnsLabelMessage)
      .describe(
        "Name of the Service that carries the endpoints; the pool's name if absent. It is created if there is none. An existing one needs the annotation evenkeel.io/pool with the pool's name, and no selector.",
      )
      .optional(),
    order: z
      .enum(["Spread", "Strict"])
      .default("Spread")
      .describe(
        "Order of the list that a client gets. Spread draws it by weight for each client, so that clients do not all turn to the same pod. Strict is the strategy's own order, the same for all: safe for one client, not for many.",
      ),
    readySet,
    out: z
      .enum(outForms)
      .default("NotReady")
      .describe(
        "How the Service's EndpointSlices show a ready pod that should get no new connections, because it is drained, unhealthy or full for now. NotReady looks like a failed readiness probe, which nearly every consumer obeys: use this one. Serving marks the pod as not ready but serving. Use it only for consumers that would otherwise cut the pod's open connections, such as Cilium 1.13 to 1.18.4. The price: Traefik, Envoy Gateway and those versions of Cilium go on sending new connections to the pod. Omitted leaves the pod out, for consumers that read no condition, such as Istio's ambient mode.",
      ),
    to: publishTo,
  })
  .describe("Where and how the endpoints are published.")
  .prefault({});

/** What is read of a pod, in words. */
const words: Readonly<Record<Figure, string>> = {
  connections: "connections",
  load: "a load",
  responseTime: "response times",
};

const strategyRules = Object.entries(strategies)
  .filter(([, { needs }]) => needs.length > 0)
  .map(([type, { needs }]) => {
    const wanted = needs.map((figure) => words[figure]);
    return needsFigure<{ readonly strategy: { readonly type: StrategyType } }>(
      needs,
      `strategy ${type} needs ${listed(wanted, "or")}`,
      { cel: `self.strategy.type != '${type}'`, holds: (spec) => spec.strategy.type !== type },
    );
  });

const givenSpec = withRules(
  z.object({
    targetRef: targetRef.optional(),
    selector: selector.optional(),
    ports,
    strategy,
    metrics: givenMetrics.optional(),
    health,
    access: access.optional(),
    scaling: scaling.optional(),
    publish,
    rebalance: rebalance.optional(),
  }),
  "What the pool should be.",
  [
    {
      cel: "has(self.targetRef) != has(self.selector)",
      message: "exactly one of targetRef and selector is needed",
      holds: (spec) => (spec.targetRef === undefined) !== (spec.selector === undefined),
    },
    {
      cel: "!has(self.scaling) || has(self.targetRef)",
      message: "scaling needs targetRef: a selector names nothing that could be scaled",
      holds: (spec) => spec.scaling === undefined || spec.targetRef !== undefined,
    },
    needsFigure(["load"], "scaling needs a load, or connectionsPerPod", {
      cel: "!has(self.scaling) || has(self.scaling.connectionsPerPod)",
      holds: ({ scaling: given }) => given === undefined || given.connectionsPerPod !== undefined,
    }),
    needsFigure(["connections"], "connectionsPerPod needs connections", {
      cel: "!has(self.scaling) || !has(self.scaling.connectionsPerPod)",
      holds: (spec) => spec.scaling?.connectionsPerPod === undefined,
    }),
    needsFigure(["connections"], "rebalance needs open connections, which a load in percent does not give", {
      cel: "!has(self.rebalance)",
      holds: (spec) => spec.rebalance === undefined,
    }),
    needsFigure(
      ["connections"],
      "publish.readySet LeastBusy needs open connections, which a load in percent does not give",
      {
        cel: "!has(self.publish) || !has(self.publish.readySet) || self.publish.readySet.type != 'LeastBusy'",
        holds: (spec) => spec.publish.readySet.type !== "LeastBusy",
      },
    ),
    {
      cel: "!has(self.publish) || !has(self.publish.readySet) || self.publish.readySet.type != 'LeastBusy' || !has(self.metrics) || duration(self.publish.readySet.period) >= duration(self.metrics.interval)",
      message:
        "publish.readySet.period must not be shorter than metrics.interval: there would be nothing new to decide on",
      holds: ({ publish: { readySet: set }, metrics }) =>
        set.type !== "LeastBusy" || metrics === undefined || set.period >= metrics.interval,
    },
    ...strategyRules,
  ],
);

/** What a user writes under `spec`; parsed, durations are milliseconds, capacities numbers, and the source says which it is. */
export const poolSpec = givenSpec.transform(({ metrics, ...spec }) => ({
  ...spec,
  ...defined({ metrics: metrics && metricsOf(metrics) }),
}));

export type PoolSpec = z.output<typeof poolSpec>;

const wholePool = withRules(
  z.object({ metadata: z.object({ name: z.string() }), spec: poolSpec, status: poolStatus.optional() }),
  "A set of pods. Their own numbers decide who gets traffic next, and when one more pod is needed.",
  [
    {
      cel: "(has(self.spec.publish) && has(self.spec.publish.service)) || self.metadata.name.matches('^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$')",
      message: "the pool's name is no name for a Service: set spec.publish.service",
      holds: ({ metadata, spec }) => spec.publish.service !== undefined || dnsLabel.test(metadata.name),
    },
  ],
);

/** The whole resource, as users write it and the API server holds it. */
export const pool = z.preprocess(dropNulls, wholePool);
