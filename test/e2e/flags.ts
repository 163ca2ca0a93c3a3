import * as z from "zod";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";

const flags = {
  keep: {
    help: "Leave the cluster, and say how to use it. Without a node image, only kind's own runs.",
    schema: z.boolean().default(false),
  },
  "node-image": {
    value: "A,B",
    env: "EVENKEEL_E2E_NODE_IMAGE",
    help: "Node images for kind, one run on each (default: kind's own, then that of the minor before, where it can be had).",
    schema: z
      .string()
      .transform((text) => text.split(",").filter(Boolean))
      .optional(),
  },
  "kind-config": {
    value: "FILE",
    env: "EVENKEEL_E2E_KIND_CONFIG",
    help: "kind configuration, where the node image needs one.",
    schema: z.string().optional(),
  },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  only: { value: "TEXT", help: "Only the tests whose name has this in it.", schema: z.string().optional() },
} as const;

export type E2eConfig = ReturnType<typeof readConfig>;

export const readConfig = (args: readonly string[]) => readFlags(flags, args);

export const help = `Usage: npm run e2e -- [FLAGS]

Follows the README's quick start on a kind cluster of its own, word by word,
and runs the suites of test/e2e there. Needs Docker, and takes kind, helm and
kubectl from PATH or builds them with Go. Touches no kubeconfig but its own.

${helpOf(flags)}
`;
