import * as z from "zod";
import { connectionFlags, duration } from "../flags/common.ts";
import type { Flag, FlagValues } from "../flags/flag.ts";
import { durationText, httpAddress, oneOf } from "../flags/schemas.ts";

const switched = z.boolean().default(false);

/** What every command that talks to a cluster takes, in kubectl's words. */
export const clusterFlags = {
  namespace: {
    value: "NAME",
    short: "n",
    help: "Namespace (default: the context's).",
    schema: z.string().min(1).optional(),
  },
  ...connectionFlags,
  server: {
    value: "URL",
    short: "s",
    help: "Address of the API server (default: the kubeconfig's).",
    schema: httpAddress.optional(),
  },
  "no-color": {
    help: "Print without colours. Also the default if the output is not a terminal, or if NO_COLOR is set.",
    schema: switched,
  },
} as const satisfies Record<string, Flag>;

const allNamespaces = { short: "A", help: "List the pools of all namespaces.", schema: switched } as const;

const output = <const Format extends string>(formats: readonly Format[]) =>
  ({
    value: formats.join("|"),
    short: "o",
    help: formats.some((format) => format === "wide")
      ? "Output format. wide is the table with every column, uncut."
      : "Output format.",
    schema: oneOf(formats).optional(),
  }) as const;

/** Where the operator itself is, for what the API server does not know. */
const operatorFlags = {
  "operator-url": {
    value: "URL",
    help: "Address of the operator (default: its Service, through the API server).",
    schema: z.string().optional(),
  },
  "operator-ca-file": {
    value: "FILE",
    help: "With --operator-url https://…: the authority that signed the operator's certificate (default: those of the system).",
    schema: z.string().min(1).optional(),
  },
  "operator-tls-name": {
    value: "NAME",
    help: "With --operator-url https://…: the name to verify in the operator's certificate, for example behind a port-forward (default: the URL's).",
    schema: z.string().min(1).optional(),
  },
  "operator-token-file": {
    value: "FILE",
    help: "With --operator-url: a file with a token, if the operator checks rights (--auth).",
    schema: z.string().min(1).optional(),
  },
  "operator-namespace": {
    value: "NAME",
    help: "Namespace of the operator's Service (default: look for it).",
    schema: z.string().min(1).optional(),
  },
} as const satisfies Record<string, Flag>;

export const statusFlags = {
  ...clusterFlags,
  ...operatorFlags,
  "all-namespaces": allNamespaces,
  output: output(["json", "yaml", "wide"]),
} as const satisfies Record<string, Flag>;

export const watchFlags = {
  ...clusterFlags,
  ...operatorFlags,
  "all-namespaces": allNamespaces,
  output: output(["json", "wide"]),
  duration,
} as const satisfies Record<string, Flag>;

export const explainFlags = {
  ...clusterFlags,
  ...operatorFlags,
  full: { help: "Add the arithmetic of every rank, weight and decision.", schema: switched },
  output: output(["json", "yaml"]),
} as const satisfies Record<string, Flag>;

export const versionFlags = {
  ...clusterFlags,
  ...operatorFlags,
  client: { help: "Print only the version of this program, and contact no cluster.", schema: switched },
  output: output(["json", "yaml"]),
} as const satisfies Record<string, Flag>;

export const historyFlags = {
  ...clusterFlags,
  output: output(["json", "yaml"]),
} as const satisfies Record<string, Flag>;

export const drainFlags = {
  ...clusterFlags,
  undo: { help: "Let the pod take traffic again.", schema: switched },
  remove: {
    help: "Let the next scale-down remove the pod first. Without this flag, no scale-down removes the pod until --undo.",
    schema: switched,
  },
  timeout: {
    value: "TIME",
    help: "How long to wait until the pod has no connections (default 5m; 0s: without limit).",
    schema: durationText.default(300_000),
  },
  "no-wait": { help: "Do not wait until the pod has no connections.", schema: switched },
} as const satisfies Record<string, Flag>;

export const initFlags = {
  ...clusterFlags,
  observe: {
    value: "TIME",
    help: "How long to watch the pods' metrics (default 10s; 0s: read them once).",
    schema: durationText.default(10_000),
  },
  apply: { help: "Apply the pool at once (default: only print it).", schema: switched },
} as const satisfies Record<string, Flag>;

export const checkFlags = {
  ...clusterFlags,
  filename: {
    value: "FILE",
    short: "f",
    help: "Check the pool in a file, which need not be applied yet; - is standard input.",
    schema: z.string().min(1).optional(),
  },
} as const satisfies Record<string, Flag>;

export type ServerFlags = FlagValues<
  Pick<typeof operatorFlags, "operator-url" | "operator-ca-file" | "operator-tls-name" | "operator-token-file">
>;
export type ClusterFlags = FlagValues<typeof clusterFlags>;
export type StatusFlags = FlagValues<typeof statusFlags>;
export type WatchFlags = FlagValues<typeof watchFlags>;
export type ExplainFlags = FlagValues<typeof explainFlags>;
export type VersionFlags = FlagValues<typeof versionFlags>;
export type HistoryFlags = FlagValues<typeof historyFlags>;
export type DrainFlags = FlagValues<typeof drainFlags>;
export type InitFlags = FlagValues<typeof initFlags>;
export type CheckFlags = FlagValues<typeof checkFlags>;
