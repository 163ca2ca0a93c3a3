import * as z from "zod";
import { helpOf } from "../../../src/cli/flags/help.ts";
import { readFlags } from "../../../src/cli/flags/read-flags.ts";

const number = (min: number) => z.coerce.number().min(min);
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const proxyModes = ["iptables", "nftables"] as const;
export type ProxyMode = (typeof proxyModes)[number];

const parts = ["long", "harm", "short", "join"] as const;
export type Part = (typeof parts)[number];

const listOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .string()
    .transform((text) => text.split(",").filter(Boolean))
    .pipe(z.array(z.enum(names)).min(1));

const flags = {
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure lies outside test/bench/ranges.json.", schema: z.boolean().default(false) },
  quick: {
    help: "Fewer hold times: some 20 minutes for a mode instead of 75, and figures that chance moves by a tenth.",
    schema: z.boolean().default(false),
  },
  proxy: {
    value: "A,B",
    help: `Modes of kube-proxy, a cluster each (default ${proxyModes.join()}).`,
    schema: listOf(proxyModes).default([...proxyModes]),
  },
  only: {
    value: "A,B",
    help: `Only these parts (default ${parts.join()}).`,
    schema: listOf(parts).default([...parts]),
  },
  period: { value: "SECONDS", help: "Period of the ready sets (default 5).", schema: whole(1, 60).default(5) },
  hold: { value: "SECONDS", help: "Mean hold time (default 100).", schema: number(1).default(100) },
  pods: { value: "N", help: "Pods (default 10).", schema: whole(2, 50).default(10) },
  connections: {
    value: "N",
    help: "Connections for each pod and Service (default 22).",
    schema: whole(2, 500).default(22),
  },
  replicates: {
    value: "N",
    help: "Services of each kind, which are averaged (default 2).",
    schema: whole(1, 5).default(2),
  },
  "warm-up": {
    value: "N",
    help: "Hold times before it is measured (default 5, quick 2).",
    schema: number(0).optional(),
  },
  measure: { value: "N", help: "Hold times that are measured (default 20, quick 5).", schema: number(1).optional() },
  cluster: {
    value: "NAME",
    help: "Name of the kind cluster, for two runs side by side (default evenkeel-bench).",
    schema: z.string().default("evenkeel-bench"),
  },
  "node-image": {
    value: "IMAGE",
    env: "EVENKEEL_E2E_NODE_IMAGE",
    help: "Node image for kind (default: kind's own).",
    schema: z.string().optional(),
  },
  "kind-config": {
    value: "FILE",
    env: "EVENKEEL_E2E_KIND_CONFIG",
    help: "kind configuration, where the node image needs one.",
    schema: z.string().optional(),
  },
} as const;

export const help = `Usage: npm run bench:service -- [FLAGS]

What a ready set does for long-lived connections, on a kind cluster of its own
with a real kube-proxy: the same pods stand behind plain Services and behind
pools' Services with publish.readySet, and clients in the cluster open the same
connections through each at the same time. Beside them are a pool's headless
Service, whose clients draw one of the addresses that DNS answers, and one of a
pool with spec.rebalance, whose pods close connections when they are asked. Needs Docker,
and takes kind, helm and kubectl from PATH or builds them with Go.

${helpOf(flags)}

What is measured
  Each second every pod is asked how many connections are open on the port of
  each Service; the spread (standard deviation over mean, fullest over mean) of
  a second is averaged over time, and then over the Services of a kind.
  long   hold times as given, a floor of half and the default floor
  harm   a rollout of the operator, a minute without it, a drain and a rollout
         of the pods, all under load: connections that no pod answered, and
         those cut although their pod went on
  short  hold times as long as a period: there a ready set should change nothing
  join   half as many pods again, empty, beside pods with 100 connections each:
         time until the fullest is within 25 % of the mean
  Writes are counted by the generations of the slices.
`;

export type Config = ReturnType<typeof readConfig>;

export function readConfig(args: readonly string[]) {
  const given = readFlags(flags, args);
  const { quick, measure = quick ? 5 : 20, "warm-up": warmUp = quick ? 2 : 5 } = given;
  return { ...given, measure, warmUp };
}
