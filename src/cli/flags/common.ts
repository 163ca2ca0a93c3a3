import * as z from "zod";
import type { Flag } from "./flag.ts";
import { durationText } from "./schemas.ts";

// A flag that several commands have is here once, so that its name means the same everywhere.

/** Which API server, in kubectl's words. */
export const connectionFlags = {
  kubeconfig: {
    value: "FILE",
    help: "Kubeconfig to use (default: KUBECONFIG, then ~/.kube/config, then the pod's own account).",
    schema: z.string().optional(),
  },
  context: {
    value: "NAME",
    help: "Context of the kubeconfig (default: the current one).",
    schema: z.string().optional(),
  },
} as const satisfies Record<string, Flag>;

/** For what would go on until it is interrupted. */
export const duration = {
  value: "TIME",
  help: "End after this time, such as 30s (default: run until Ctrl-C).",
  schema: durationText.optional(),
  formerly: { "--for": "--duration" },
} as const satisfies Flag;
