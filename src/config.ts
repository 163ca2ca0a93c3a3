import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { z } from "zod";
import { parseDuration } from "./api/duration.ts";
import { strategyTypes } from "./api/pool.ts";

/** A mistake on the command line: one line that says what to do. */
export class UsageError extends Error {}

export interface Flag {
  /** What stands behind the flag in the help; none for a switch. */
  readonly value?: string;
  /** One letter that stands for the name. */
  readonly short?: string;
  readonly help: string;
  readonly env?: string;
  readonly schema: z.ZodType;
}

const portError = "must be a port from 0 to 65535";
const port = z.coerce.number(portError).int(portError).min(0, portError).max(65_535, portError);
const onOff = z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0"], error: "must be true or false" });
const seedError = "must be a whole number from 0";
const seed = z.coerce.number(seedError).int(seedError).min(0, seedError);
/** One of these words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `must be one of ${words.join(", ")}`);
/** A switch: its flag stands alone, its variable has a value. */
const toggle = z.union([z.boolean(), onOff]).default(false);
/** A timer of Node that is to wait for longer than 2^31 ms fires at once. */
const longestWaitMs = 24 * 86_400_000;
/** A time to wait, in milliseconds. */
export const durationText = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,5})(ms|s|m|h)$/, { error: "must be a duration such as 30s", abort: true })
  .transform(parseDuration)
  .refine((ms) => ms <= longestWaitMs, "must be at most 24 days, which are 576h");
const peer = z
  .string()
  .trim()
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):[1-9][0-9]{0,4}$/i, "must be HOST:PORT, with IPv6 addresses in brackets")
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port: number }) => number <= 65_535, "must have a port up to 65535");
const peerList = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(peer));
const hostList = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
  )
  .pipe(
    z.array(
      z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9.])?$/i, "must be names without port, such as evenkeel.example.com"),
    ),
  );
const namespaceList = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

/** The flags of `evenkeel run`. */
export const runFlags = {
  kubeconfig: {
    value: "FILE",
    help: "Kubeconfig to use. Without: KUBECONFIG, ~/.kube/config, the pod's own account.",
    schema: z.string().optional(),
  },
  context: { value: "NAME", help: "Context of the kubeconfig.", schema: z.string().optional() },
  namespaces: {
    value: "A,B",
    env: "EVENKEEL_NAMESPACES",
    help: "Namespaces to look at. Without: all.",
    schema: namespaceList.optional(),
  },
  "http-host": {
    value: "ADDRESS",
    env: "EVENKEEL_HTTP_HOST",
    help: "Address to serve on. Without: all, of IPv6 and IPv4.",
    schema: z
      .string()
      .min(1)
      .transform((host) => host.replace(/^\[|\]$/g, ""))
      .optional(),
  },
  "http-port": {
    value: "PORT",
    env: "EVENKEEL_HTTP_PORT",
    help: "Port to serve on (default 8080; 0 for any).",
    schema: port.default(8080),
  },
  "health-port": {
    value: "PORT",
    env: "EVENKEEL_HEALTH_PORT",
    help: "Port for /livez and /readyz apart from all others (default: none, as --http-port has them too; 0 for any).",
    schema: port.optional(),
  },
  page: {
    env: "EVENKEEL_PAGE",
    help: "Serve the page, which shows the pools to whoever reaches its port (default false).",
    schema: toggle,
  },
  "page-port": {
    value: "PORT",
    env: "EVENKEEL_PAGE_PORT",
    help: "Port to serve the page on (default 8081; 0 for any).",
    schema: port.default(8081),
  },
  "page-hosts": {
    value: "A,B",
    env: "EVENKEEL_PAGE_HOSTS",
    help: "Names by which browsers reach the page, as through an Ingress. IP addresses and localhost need none.",
    schema: hostList.default([]),
  },
  "lease-namespace": {
    value: "NAME",
    env: "EVENKEEL_LEASE_NAMESPACE",
    help: "Namespace of the Lease (default: the operator's own, else default).",
    schema: z.string().optional(),
  },
  "lease-name": {
    value: "NAME",
    env: "EVENKEEL_LEASE_NAME",
    help: "Name of the Lease (default evenkeel).",
    schema: z.string().min(1).default("evenkeel"),
  },
  identity: {
    value: "NAME",
    env: "EVENKEEL_IDENTITY",
    help: "Name of this replica (default: the host's name).",
    schema: z.string().min(1).optional(),
  },
  "leader-election": {
    value: "true|false",
    env: "EVENKEEL_LEADER_ELECTION",
    help: "false: write without a Lease; for a single replica (default true).",
    schema: onOff.default(true),
  },
  peers: {
    value: "HOST:PORT",
    env: "EVENKEEL_PEERS",
    help: "Name of all replicas, to tell them what clients report (source push); more after commas.",
    schema: peerList.optional(),
  },
  "push-token-file": {
    value: "FILE",
    env: "EVENKEEL_PUSH_TOKEN_FILE",
    help: "File of bearer tokens, one a line, of which clients need one to report. Without: none is needed.",
    schema: z.string().min(1).optional(),
  },
  "log-level": {
    value: "LEVEL",
    env: "EVENKEEL_LOG_LEVEL",
    help: "debug, info, warn or error (default info).",
    schema: oneOf(["debug", "info", "warn", "error"]).default("info"),
  },
} as const satisfies Record<string, Flag>;

/** The flags of `evenkeel demo`. */
export const demoFlags = {
  for: {
    value: "TIME",
    help: "End after this time, such as 30s. Without: until Ctrl-C.",
    schema: durationText.optional(),
  },
  json: { value: "FILE", help: "Write what happened to a file.", schema: z.string().optional() },
  port: {
    value: "PORT",
    help: "Port of the embedded API server, for kubectl (default 8001, or any if taken; 0 for any).",
    schema: port.optional(),
  },
  "http-port": {
    value: "PORT",
    help: "Port of the operator's own HTTP server (default: any).",
    schema: port.default(0),
  },
  "page-port": {
    value: "PORT",
    help: "Port of the page (default 8081, or any if taken; 0 for any).",
    schema: port.optional(),
  },
  "page-hosts": {
    value: "A,B",
    help: "Names by which browsers reach the page, as through a forwarded port. IP addresses and localhost need none.",
    schema: hostList.default([]),
  },
  strategy: {
    value: "NAME",
    help: "Strategy of the pool, as in spec.strategy.type (default LeastConnections).",
    schema: oneOf(strategyTypes).default("LeastConnections"),
  },
  seed: { value: "NUMBER", help: "Seed of the load (default 1).", schema: seed.default(1) },
  plain: {
    help: "Plain lines instead of the live table, as when the output is no terminal.",
    schema: z.boolean().default(false),
  },
  kubeconfig: {
    value: "FILE",
    help: "Run the operator on this cluster instead of the demo.",
    schema: z.string().optional(),
  },
} as const satisfies Record<string, Flag>;

export type FlagValues<Flags extends Record<string, Flag>> = {
  readonly [Name in keyof Flags]: z.output<Flags[Name]["schema"]>;
};

export type RunConfig = FlagValues<typeof runFlags>;
export type DemoConfig = FlagValues<typeof demoFlags>;

/** `-o=json` as kubectl takes it; parseArgs would read a value that starts with `=`. */
function splitShort(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  const split = flags.flatMap((arg) => (/^-[a-zA-Z]=/.test(arg) ? [arg.slice(0, 2), arg.slice(3)] : [arg]));
  return end < 0 ? split : [...split, ...args.slice(end)];
}

/** What is wrong with a command line, and how to write it, from what Node says of it. */
function misuseOf({ code, message }: NodeJS.ErrnoException): string {
  const [first = ""] = message.split(/\.\s/);
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `${first}: --help tells those that there are`;
  const flag = /^Option '(?:-\w, )?(--[\w-]+)' argument is ambiguous/.exec(first)?.[1];
  return flag ? `${first}: write ${flag}=VALUE where the value begins with a dash` : first;
}

function parse(flags: Record<string, Flag>, args: readonly string[], allowPositionals: boolean) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value, short }]) => [
      name,
      { type: value ? ("string" as const) : ("boolean" as const), ...(short !== undefined && { short }) },
    ]),
  );
  try {
    return parseArgs({ args: splitShort(args), options, strict: true, allowPositionals });
  } catch (error) {
    throw new UsageError(misuseOf(error as NodeJS.ErrnoException));
  }
}

function valuesOf<Flags extends Record<string, Flag>>(flags: Flags, given: Record<string, unknown>): FlagValues<Flags> {
  const entries = Object.entries(flags).map(([name, { schema, env }]) => {
    const fromEnv = env === undefined ? undefined : process.env[env] || undefined;
    const parsed = schema.safeParse(given[name] ?? fromEnv);
    if (parsed.success) return [name, parsed.data];
    const source = given[name] === undefined && env ? env : `--${name}`;
    throw new UsageError(`${source}: ${parsed.error.issues[0]!.message}`);
  });
  return Object.fromEntries(entries) as FlagValues<Flags>;
}

/** Values of flags, from the command line, else from the environment, else their defaults. */
export const readFlags = <Flags extends Record<string, Flag>>(
  flags: Flags,
  args: readonly string[],
): FlagValues<Flags> => valuesOf(flags, parse(flags, args, false).values);

/** The same, with the words that stand between the flags. */
export function readLine<Flags extends Record<string, Flag>>(
  flags: Flags,
  args: readonly string[],
): { readonly flags: FlagValues<Flags>; readonly words: readonly string[] } {
  const { values, positionals } = parse(flags, args, true);
  return { flags: valuesOf(flags, values), words: positionals };
}

/** Columns of a terminal that nobody has widened. */
const helpWidth = 80;

/** Lines of at most so many columns, but for words that are longer. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** The flags as lines of a help text. */
export function helpOf(flags: Record<string, Flag>): string {
  const names = Object.entries(flags).map(
    ([name, { value, short }]) => `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
  );
  const indent = Math.max(...names.map(({ length }) => length)) + 4;
  return Object.values(flags)
    .map(({ help, env }, index) => {
      const lines = wrap(`${help}${env ? ` [${env}]` : ""}`, helpWidth - indent);
      return `${`  ${names[index]!}`.padEnd(indent)}${lines.join(`\n${"".padEnd(indent)}`)}`;
    })
    .join("\n");
}

/** A name for this process that no other and no earlier life of it has. */
export const uniqueIdentity = (name: string | undefined): string =>
  `${name ?? hostname()}_${randomBytes(4).toString("hex")}`;

/** By which proxies servers are reached, in the variables that everybody reads; those in capitals go before. */
export const proxySettings = () => ({
  httpsProxy: process.env.HTTPS_PROXY || process.env.https_proxy || undefined,
  httpProxy: process.env.HTTP_PROXY || process.env.http_proxy || undefined,
  noProxy: process.env.NO_PROXY || process.env.no_proxy || undefined,
});

/** Whether a failure should be told with its stack. */
export const wantsStack = (): boolean => Boolean(process.env.EVENKEEL_DEBUG);

/** Whether colours are wanted (https://no-color.org). */
export const wantsColor = (): boolean => !process.env.NO_COLOR;
