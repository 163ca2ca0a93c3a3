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
    help: "Who connects: next asks the operator for each pod (default); service picks blindly among the ready endpoints of a Service, as kube-proxy does: of a plain one, and beside it of one with a ready set; client is evenkeel/client, haproxy and envoy are HAProxy and Envoy, which must be installed, grpc is grpc-js with xDS: they follow the pool, and their traffic is shown beside the weights.",
    schema: oneOf(demoConsumers).default("next"),
  },
  floor: {
    value: "NAME",
    help: "Floor of the ready set, TwoThirds (default) or Half. With --consumer service.",
    schema: oneOf(readySetFloors).default("TwoThirds"),
  },
  rebalance: {
    help: "With --consumer service: pods behind the ready set that have more than their share are asked to close connections.",
    schema: z.boolean().default(false),
  },
  duration,
  json: { value: "FILE", help: "Write what happened to a file.", schema: z.string().optional() },
  port: {
    value: "PORT",
    help: "Port of the embedded API server (default 6443, or any if taken; 0 for any). The kubeconfig that the demo writes has it.",
    schema: port.optional(),
  },
  "http-port": {
    value: "PORT",
    help: "Port of the HTTP server (default: any).",
    schema: port.default(0),
  },
  "page-port": {
    value: "PORT",
    help: "Port of the page (default 8081, or any if taken; 0 for any).",
    schema: port.optional(),
  },
  "page-hosts": {
    value: "A,B",
    help: "Names by which browsers reach the page, as through an Ingress or a forwarded port. IP addresses and localhost need none.",
    schema: hostList.default([]),
  },
  strategy: {
    value: "NAME",
    help: "Strategy of the pool, as in spec.strategy.type (default LeastConnections).",
    schema: oneOf(strategyTypes).default("LeastConnections"),
  },
  seed: { value: "NUMBER", help: "Seed of the random numbers (default 1).", schema: seed.default(1) },
  plain: {
    help: "Plain lines instead of the live table, as when the output is no terminal.",
    schema: z.boolean().default(false),
  },
  kubeconfig: {
    value: "FILE",
    help: "Kubeconfig to use. With it, the operator runs on that cluster, and there is no demo.",
    schema: z.string().optional(),
  },
} as const satisfies Record<string, Flag>;

export type DemoConfig = FlagValues<typeof demoFlags>;
