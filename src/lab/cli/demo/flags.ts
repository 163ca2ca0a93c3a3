import * as z from "zod";
import { strategyTypes } from "../../../api/pool.ts";
import { readySetFloors } from "../../../api/ready-set.ts";
import { duration } from "../../../cli/flags/common.ts";
import type { Flag, FlagValues } from "../../../cli/flags/flag.ts";
import { hostList, oneOf, port, seed } from "../../../cli/flags/schemas.ts";

/** Who opens the demo's connections. */
const demoConsumers = ["next", "service", "client", "haproxy", "envoy", "grpc"] as const;

/** The flags of `evenkeel demo`. */
export const demoFlags = {
  consumer: {
    value: "NAME",
    help: "What sends the traffic. next (default): a client that asks the operator for each pod. service: clients that pick at random among ready endpoints, as kube-proxy does, on a plain Service and on one with a ready set. client: evenkeel/client. grpc: grpc-js with xDS. haproxy, envoy: HAProxy or Envoy, which must be installed. These four follow the pool, and the demo shows each pod's weight and traffic.",
    schema: oneOf(demoConsumers).default("next"),
  },
  floor: {
    value: "NAME",
    help: "Floor of the ready set, TwoThirds (default) or Half. Only with --consumer service.",
    schema: oneOf(readySetFloors).default("TwoThirds"),
  },
  rebalance: {
    help: "With --consumer service: also ask pods behind the ready set to close connections that they have above their share.",
    schema: z.boolean().default(false),
  },
  duration,
  json: { value: "FILE", help: "Write what happened into a file.", schema: z.string().optional() },
  port: {
    value: "PORT",
    help: "Port of the embedded API server (default 6443, or any if that is taken; 0 for any).",
    schema: port.optional(),
  },
  "http-port": {
    value: "PORT",
    help: "Port of the HTTP server (default: any).",
    schema: port.default(0),
  },
  "page-port": {
    value: "PORT",
    help: "Port of the page (default 8081, or any if that is taken; 0 for any).",
    schema: port.optional(),
  },
  "page-hosts": {
    value: "A,B",
    help: "Host names under which browsers reach the page, as through an Ingress or a forwarded port. IP addresses and localhost need not be listed.",
    schema: hostList.default([]),
  },
  strategy: {
    value: "NAME",
    help: "Strategy of the pool, as in spec.strategy.type (default LeastConnections).",
    schema: oneOf(strategyTypes).default("LeastConnections"),
  },
  seed: { value: "NUMBER", help: "Seed of the random numbers (default 1).", schema: seed.default(1) },
  plain: {
    help: "Print lines instead of the live table. Also the default if the output is not a terminal.",
    schema: z.boolean().default(false),
  },
  kubeconfig: {
    value: "FILE",
    help: "Kubeconfig to use. With it, the operator runs on that cluster, without the demo.",
    schema: z.string().optional(),
  },
} as const satisfies Record<string, Flag>;

export type DemoConfig = FlagValues<typeof demoFlags>;
