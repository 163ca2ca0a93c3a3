/** A room of the house: a folder or file of `src`, and what it may import beside itself. */
export interface Room {
  /** Rooms of `src`, or single files of them. */
  readonly rooms?: readonly string[];
  /** Packages; `node:*` is what Node brings. */
  readonly packages?: readonly string[];
  /** What is told to whoever imports anything else. */
  readonly rule: string;
}

/** Who may import whom. Imports point one way: down the data flow, and never into the lab. */
export const layers: Readonly<Record<string, Room>> = {
  api: { packages: ["zod", "re2js"], rule: "api/ says what users write: it imports zod, RE2 and itself" },
  decide: { rooms: ["api"], rule: "decide/ is pure: values in, values out; time and seed are arguments" },
  kube: {
    rooms: ["api/defined.ts", "breathe.ts", "key.ts"],
    packages: ["node:*", "undici", "@kubernetes/client-node"],
    rule: "kube/ is access to the API server and nothing else",
  },
  pods: {
    rooms: ["api", "decide"],
    packages: ["node:*", "undici"],
    rule: "pods/ is access to pods, bounded in every direction, and nothing else",
  },
  promql: {
    rooms: ["decide"],
    packages: ["@lezer/common", "@prometheus-io/lezer-promql"],
    rule: "promql/ knows the grammar of PromQL: a query in, queries out",
  },
  observe: {
    rooms: ["api", "decide", "kube", "pods", "promql", "key.ts"],
    packages: ["node:*", "undici"],
    rule: "observe/ reads: it meets act/ and serve/ only in decide/'s types",
  },
  propose: {
    rooms: ["api", "decide", "observe/sources", "kube/untyped.ts", "kube/types.ts"],
    rule: "propose/ is pure: pages, workloads and other autoscalers in, a pool out",
  },
  act: {
    rooms: ["api", "decide", "kube", "pods", "breathe.ts", "key.ts"],
    rule: "act/ writes: it meets observe/ and serve/ only in decide/'s types",
  },
  telemetry: {
    rooms: ["decide", "key.ts"],
    packages: ["node:*", "pino", "prom-client"],
    rule: "telemetry/ counts what decide/'s types name, and knows nobody else",
  },
  serve: {
    rooms: ["api", "decide", "breathe.ts", "key.ts"],
    packages: ["node:*", "undici", "zod", "esbuild", "@grpc/grpc-js", "protobufjs"],
    rule: "serve/ answers from decide/'s types",
  },
  client: { rule: "client/ goes out alone, without dependencies" },
  "client-node": {
    rooms: ["client"],
    packages: ["node:*"],
    rule: "client-node/ is the part of the client that only Node has",
  },
  page: {
    rooms: [
      ...["client", "serve/documents.ts", "serve/followers-document.ts"],
      ...["decide/explain/answer.ts", "decide/explain/print.ts"],
    ],
    packages: ["preact"],
    rule: "page/ runs in the browser: it knows what the operator answers, the client's way to ask and the words of an explanation",
  },
  control: {
    rooms: ["api", "decide", "observe", "act", "kube", "pods", "serve", "telemetry", "breathe.ts", "key.ts"],
    packages: ["node:*", "prom-client"],
    rule: "control/ turns the crank: it does not know who starts it",
  },
  cli: {
    rooms: [
      ...["api", "decide", "kube", "control", "serve", "telemetry", "age.ts", "key.ts", "config.ts"],
      ...["propose", "observe/sources", "observe/sampling/reading.ts"],
    ],
    packages: ["node:*", "prom-client", "undici", "yaml", "zod"],
    rule: "cli/ is how the operator is started and asked: it does not know the lab",
  },
  "lab/cli": {
    rooms: [
      ...["api", "decide", "kube", "control", "serve", "client", "telemetry", "cli", "key.ts", "config.ts"],
      ...["lab/embedded", "lab/sim"],
    ],
    packages: ["node:*", "prom-client", "undici", "zod"],
    rule: "lab/cli/ runs the operator, the embedded cluster and the simulator",
  },
  "lab/sim": { rooms: ["api", "decide"], packages: ["tinyqueue"], rule: "sim/ drives decide/ and nothing else" },
  "lab/embedded": {
    rooms: ["age.ts"],
    packages: ["node:*", "protobufjs", "yaml"],
    rule: "embedded/ is a cluster of its own: it knows the API, not us",
  },
};
