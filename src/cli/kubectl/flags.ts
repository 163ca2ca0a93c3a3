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
    help: "Namespace (default: that of the context).",
    schema: z.string().min(1).optional(),
  },
  ...connectionFlags,
  server: {
    value: "URL",
    short: "s",
    help: "Address of the API server. Without: that of the kubeconfig.",
    schema: httpAddress.optional(),
  },
  "no-color": { help: "No colours, as when the output is no terminal or NO_COLOR is set.", schema: switched },
} as const satisfies Record<string, Flag>;

const allNamespaces = { short: "A", help: "Pools of all namespaces.", schema: switched } as const;

const output = <const Format extends string>(formats: readonly Format[]) =>
  ({
    value: formats.join("|"),
    short: "o",
    help: formats.some((format) => format === "wide")
      ? "Another form. Wide is the table with every column, uncut."
      : "Another form.",
    schema: oneOf(formats).optional(),
  }) as const;

/** Where the operator itself is, for what the API server does not know. */
const operatorFlags = {
  "operator-url": {
    value: "URL",
    help: "Address of the operator. Without: its Service, through the API server.",
    schema: z.string().optional(),
  },
  "operator-ca-file": {
    value: "FILE",
    help: "With --operator-url https://…: the authority of its certificate (default: those of the system).",
    schema: z.string().min(1).optional(),
  },
  "operator-tls-name": {
    value: "NAME",
    help: "With --operator-url https://…: a name that its certificate has, as behind a port-forward (default: that of the URL).",
    schema: z.string().min(1).optional(),
  },
  "operator-token-file": {
    value: "FILE",
    help: "With --operator-url: a token, where the operator asks who you are.",
    schema: z.string().min(1).optional(),
  },
  "operator-namespace": {
    value: "NAME",
    help: "Namespace of the operator's Service (default: wherever it is).",
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
  full: { help: "With the arithmetic of every rank, weight and decision.", schema: switched },
  output: output(["json", "yaml"]),
} as const satisfies Record<string, Flag>;

export const versionFlags = {
  ...clusterFlags,
  ...operatorFlags,
  client: { help: "The client's version alone: no cluster is asked.", schema: switched },
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
    help: "Have it removed first when fewer pods are enough. Without: it is kept until --undo.",
    schema: switched,
  },
  timeout: {
    value: "TIME",
    help: "How long to wait for the connections to go (default 5m; 0s for ever).",
    schema: durationText.default(300_000),
  },
  "no-wait": { help: "Do not wait.", schema: switched },
} as const satisfies Record<string, Flag>;

export const initFlags = {
  ...clusterFlags,
  observe: {
    value: "TIME",
    help: "How long to watch the pods' numbers (default 10s; 0s for one look).",
    schema: durationText.default(10_000),
  },
  apply: { help: "Apply the pool at once. Without: only print it.", schema: switched },
} as const satisfies Record<string, Flag>;

export const checkFlags = {
  ...clusterFlags,
  filename: {
    value: "FILE",
    short: "f",
    help: "A pool in a file that need not be applied yet; - is standard input.",
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
