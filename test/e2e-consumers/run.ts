import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/cli/flags/flag.ts";
import { findOrBuild } from "../tools/control-plane/build.ts";
import { type Counts, countsVariable } from "../tools/control-plane/count-reporter.ts";
import { findNamespace } from "../tools/control-plane/namespace.ts";
import { tether } from "../tools/control-plane/tether.ts";
import { findOrFetchEnvoy } from "../tools/envoy.ts";
import { findOrBuildGrpcGo } from "../tools/grpc-go.ts";
import { findOrBuildGrpcJava } from "../tools/grpc-java.ts";
import { haproxy } from "../tools/haproxy.ts";
import { findOrBuildIstiod } from "../tools/istio.ts";
import { minutesVariable } from "./absence-length.ts";
import { figuresVariable, readFigures } from "./figures.ts";
import { help, readConfig } from "./flags.ts";

const root = join(import.meta.dirname, "..", "..");

interface Part {
  readonly name: string;
  readonly missing?: string | undefined;
}

type Found = { readonly kind: "ready" } | { readonly kind: "missing"; readonly reason: string };

const findHaproxy = async (): Promise<Found> =>
  haproxy === undefined ? { kind: "missing", reason: "it is not installed" } : { kind: "ready" };

/** What the files need, by their names; each builds or fetches it while the network is there. */
const needs: Readonly<Record<string, Readonly<Record<string, () => Promise<Found>>>>> = {
  absence: {
    Envoy: findOrFetchEnvoy,
    HAProxy: findHaproxy,
    "grpc-go": findOrBuildGrpcGo,
    "grpc-java": findOrBuildGrpcJava,
  },
  "grpc-java": { "grpc-java": findOrBuildGrpcJava },
  istiod: { istiod: findOrBuildIstiod },
};

async function findParts(only = ""): Promise<Part[]> {
  const wanted = Object.entries(needs).flatMap(([file, parts]) => (file.includes(only) ? Object.entries(parts) : []));
  const parts: Part[] = [];
  for (const [name, find] of [["control plane", findOrBuild], ...new Map(wanted)] as const) {
    const found: Found = await find();
    parts.push({ name, missing: found.kind === "missing" ? found.reason : undefined });
  }
  return parts;
}

async function run({ minutes, only, json }: ReturnType<typeof readConfig>): Promise<number> {
  const missing = (await findParts(only)).filter((part) => part.missing !== undefined);
  const namespace = findNamespace();
  if (namespace.kind === "impossible") missing.push({ name: "network namespace", missing: namespace.reason });
  for (const part of missing) console.error(`e2e:consumers: no ${part.name}: ${part.missing}`);
  if (namespace.kind === "impossible" || missing.length > 0) return 2;

  const folder = await mkdtemp(join(tmpdir(), "evenkeel-consumers-"));
  const [counts, figures] = [join(folder, "counts.json"), join(folder, "figures")];
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["verbose", join(root, "test", "tools", "control-plane", "count-reporter.ts")];
  const words = ["run", "--root", root, "--config", join(root, "vitest.e2e-consumers.config.ts")];
  const command = [...namespace.command, ...tether("TERM"), process.execPath, vitest, ...words];
  const chosen = [...reporters.map((name) => `--reporter=${name}`), ...(only === undefined ? [] : [only])];
  const [program = "", ...args] = [...command, ...chosen];
  const env = {
    ...process.env,
    TMPDIR: folder,
    EVENKEEL_REQUIRE: "all",
    [countsVariable]: counts,
    [figuresVariable]: figures,
    [minutesVariable]: String(minutes),
  };
  try {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env });
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => child.kill(name));
    await once(child, "close");
    const { passed, failed } = JSON.parse(await readFile(counts, "utf8")) as Counts;
    const measured = await readFigures(figures);
    for (const [name, value] of Object.entries(measured)) console.log(`${name}: ${value}`);
    if (json !== undefined) await writeFile(json, `${JSON.stringify(measured, undefined, 2)}\n`);
    console.log(`${passed} passed, ${failed} failed`);
    return failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const args = process.argv.slice(2);
try {
  if (args.includes("--help")) process.stdout.write(help);
  else process.exitCode = await run(readConfig(args));
} catch (error) {
  console.error(`e2e:consumers: ${(error as Error).message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
