import { defined } from "../../api/defined.ts";
import type { KnownProgram } from "../known.ts";
import { brokers } from "./brokers.ts";
import { libraries } from "./libraries.ts";
import { models } from "./models.ts";
import { others } from "./others.ts";
import { sidecars } from "./sidecars.ts";
import { stores } from "./stores.ts";
import { webServers } from "./web-servers.ts";

/** Programs that are what a pod runs: the first whose mark is on the page. */
const servers: readonly KnownProgram[] = [...models, ...sidecars, ...webServers, ...stores, ...brokers, ...others];

/** Processes of any kind, by the name that client libraries give their processor time. */
const processes: readonly KnownProgram[] = [
  { program: "Node.js", mark: /^nodejs_version_info$/ },
  { program: "Go", mark: /^go_info$/ },
  { program: "Python", mark: /^python_info$/ },
  { program: "Java", mark: /^(jvm_info|jvm_runtime_info)$/ },
  { program: ".NET", mark: /^dotnet_/ },
  { program: "Ruby", mark: /^ruby_/ },
  { program: "Rust", mark: /^(tokio|axum)_/ },
  { program: "Erlang", mark: /^erlang_vm_/ },
];

/** Programs, libraries and what runs them, whose marks a page of these metrics has. */
export function recognisePrograms(names: readonly string[]): {
  readonly programs: readonly KnownProgram[];
  readonly runtime?: string;
} {
  const has = ({ mark }: KnownProgram): boolean => names.some((name) => mark.test(name));
  const server = servers.find(has);
  const programs = [...(server ? [server] : []), ...(server?.isWhole && !server.beside ? [] : libraries.filter(has))];
  const found = server?.isExporter ? undefined : processes.find(has)?.program;
  // "Java (Micrometer, Spring Boot)" says so already.
  const runtime = programs.some(({ program }) => program.startsWith(`${found} (`)) ? undefined : found;
  return { programs, ...defined({ runtime }) };
}
