import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { parseCLI } from "vitest/node";
import { findOrBuild } from "./tools/control-plane/build.ts";
import type { Counts } from "./tools/control-plane/count-reporter.ts";
import { countsVariable } from "./tools/control-plane/count-reporter.ts";
import { findNamespace } from "./tools/control-plane/namespace.ts";
import { replaceCounts, worthAnotherRun } from "./tools/control-plane/run-again.ts";
import { tether } from "./tools/control-plane/tether.ts";
import { findOrFetchEnvoy } from "./tools/envoy.ts";
import { gatewayDefinitions } from "./tools/envoy-gateway.ts";
import { foreignKinds } from "./tools/foreign-kinds.ts";
import { findOrBuildGrpcGo } from "./tools/grpc-go.ts";
import { findOrBuildHelm } from "./tools/helm.ts";
import { istioDefinitions } from "./tools/istio.ts";
import { findOrBuildActionlint, findOrBuildKubeconform } from "./tools/validators.ts";

// Builds, fetches or finds the control plane, Helm, Envoy and a client of grpc-go while the network is there, then runs
// vitest in a network namespace of its own.
// Without a control plane the suites of test/cluster run on the embedded server alone.

const root = join(import.meta.dirname, "..");
const controlPlane = "control-plane";
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const countReporter = join(import.meta.dirname, "tools", "control-plane", "count-reporter.ts");

/** Whether vitest's arguments select a file of this folder whose name matches, when it belongs to this project. */
const selects = async (args: readonly string[], project: string, folder: string, name = /\.test\.ts$/) => {
  const { filter, options } = parseCLI(["vitest", "run", ...args]);
  const projects = [options.project ?? []].flat();
  const includes = (given: string) =>
    given.startsWith("!") ? given !== `!${project}` : given.includes("*") || given === project;
  if (projects.length > 0 && !projects.some(includes)) return false;
  if (filter.length === 0) return true;
  const names = (await readdir(join(import.meta.dirname, folder), { recursive: true })).filter((file) =>
    name.test(file),
  );
  const files = names.map((file) => join(import.meta.dirname, folder, file));
  return filter.some((part) => files.some((file) => file.includes(part.replace(/:\d+$/, ""))));
};

interface Surroundings {
  readonly command: readonly string[];
  /** Whether suites on the control plane are selected. */
  readonly onPlane: boolean;
  /** Why nothing can run on the real control plane. */
  readonly missing?: string;
  /** What suites are skipped for besides, a line each. */
  readonly complaints: readonly string[];
}

/** What suites need that is built or fetched while the network is there. */
interface Part {
  /** What to say before the reason when it is missing. */
  readonly complaint: string;
  /** Names of the files that need it. */
  readonly files: RegExp;
  readonly find: () => Promise<{ readonly kind: "ready" } | { readonly kind: "missing"; readonly reason: string }>;
}

const parts: readonly Part[] = [
  {
    complaint: "No Helm for the suites of the chart",
    files: /^(charts\/|chart-)[^/]*\.test\.ts$/,
    find: findOrBuildHelm,
  },
  {
    complaint: "No kubeconform for what the chart renders",
    files: /\bchart-dry-run\.test\.ts$/,
    find: findOrBuildKubeconform,
  },
  {
    complaint: "No definitions of others' kinds that the chart writes",
    files: /\bchart-dry-run\.test\.ts$/,
    find: foreignKinds,
  },
  { complaint: "No Envoy for the suites through it", files: /\benvoy[^/]*\.test\.ts$/, find: findOrFetchEnvoy },
  {
    complaint: "No definitions of Envoy Gateway's kinds",
    files: /^gateway-[^/]*\.test\.ts$/,
    find: gatewayDefinitions,
  },
  { complaint: "No definitions of Istio's kinds", files: /^istio-[^/]*\.test\.ts$/, find: istioDefinitions },
  {
    complaint: "No grpc-go for the suites through it",
    files: /\bgrpc-clients[^/]*\.test\.ts$/,
    find: findOrBuildGrpcGo,
  },
  { complaint: "No actionlint for the workflows", files: /\bworkflows\.test\.ts$/, find: findOrBuildActionlint },
];

/** Whether suites are selected whose files are called so. */
const selectsCalled = async (args: readonly string[], name: RegExp): Promise<boolean> =>
  (await selects(args, "unit", "", name)) || (await selects(args, controlPlane, "cluster", name));

/** Nobody should wait for what the selected suites have no need of. */
const prepare = async (args: readonly string[]): Promise<Surroundings> => {
  const onPlane = await selects(args, controlPlane, "cluster");
  const namespace = onPlane ? findNamespace() : undefined;
  const command = namespace?.kind === "possible" ? namespace.command : [];
  const plane = namespace?.kind === "possible" ? await findOrBuild() : undefined;
  const missing = namespace?.kind === "impossible" ? namespace.reason : plane?.kind === "missing" && plane.reason;
  const complaints: string[] = [];
  for (const { complaint, files, find } of parts) {
    const found = (await selectsCalled(args, files)) ? await find() : undefined;
    if (found?.kind === "missing") complaints.push(`${complaint}: ${found.reason}`);
  }
  return { command, onPlane, complaints, ...(missing && { missing }) };
};

const reporters = (args: readonly string[]): string[] => {
  const chosen = args.some((arg) => arg.startsWith("--reporter"));
  const usual = chosen ? [] : ["default", ...(process.env.GITHUB_ACTIONS ? ["github-actions"] : [])];
  return [...usual, countReporter].map((name) => `--reporter=${name}`);
};

const isRequired = process.env.EVENKEEL_REQUIRE === "all";

/** One vitest. */
interface Run {
  readonly name: string;
  readonly args: readonly string[];
}

/** In how many runs the suites on the control plane run side by side, each on a control plane of its own. */
const planes = 2;

/**
 * The suites on the control plane wait for most of their time, so that they run beside all others, in a vitest and a network
 * namespace of their own; where all of them run, in several. They are left out where there is no control plane, unless
 * somebody asks for them.
 */
const runsOf = (args: readonly string[], { onPlane, missing }: Surroundings): Run[] => {
  if (!onPlane || args.some((arg) => arg.startsWith("--project"))) return [{ name: "all", args }];
  const others = { name: "others", args: [...args, `--project=!${controlPlane}`] };
  if (missing !== undefined && !isRequired) return [others];
  const ofPlane = { name: controlPlane, args: [...args, `--project=${controlPlane}`] };
  const { filter, options } = parseCLI(["vitest", "run", ...args]);
  if (missing !== undefined || filter.length > 0 || options.shard !== undefined) return [others, ofPlane];
  const shards = Array.from({ length: planes }, (_, index) => ({
    name: `${ofPlane.name}-${index + 1}`,
    args: [...ofPlane.args, `--shard=${index + 1}/${planes}`],
  }));
  return [others, ...shards];
};

const countsOf = (folder: string, { name }: Run): string => join(folder, `${name}.json`);

const startVitest = (run: Run, { command, missing }: Surroundings, folder: string, stdio: StdioOptions) => {
  const chosen = [...run.args, ...reporters(run.args)];
  const words = [...command, ...tether("TERM"), process.execPath, vitest, "run", ...chosen];
  const [program = "", ...rest] = words;
  return spawn(program, rest, {
    cwd: root,
    stdio,
    env: {
      ...process.env,
      ...(process.stdout.isTTY && { FORCE_COLOR: "1" }),
      // What tests leave behind when they are killed goes with our own folder.
      TMPDIR: folder,
      [countsVariable]: countsOf(folder, run),
      ...(missing && { EVENKEEL_CLUSTER_MISSING: missing }),
    },
  });
};

const codeOf = async (child: ChildProcess): Promise<number> => {
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
};

/** A third of the usual weight: what has less starves beside anything else that a machine is busy with. */
const yielding = constants.priority.PRIORITY_BELOW_NORMAL / 2;

/** Room for all that a run writes. */
const held = () => new PassThrough({ highWaterMark: 2 ** 28 });

/** What all but the first write is shown when those before have ended. */
const runAll = async (runs: readonly Run[], surroundings: Surroundings, folder: string) => {
  const children = runs.map((run, index) =>
    startVitest(run, surroundings, folder, index === 0 ? "inherit" : ["ignore", "pipe", "pipe"]),
  );
  const outputs = children.slice(1).map(({ stdout, stderr }) => [stdout?.pipe(held()), stderr?.pipe(held())]);
  // Those that wait for the control plane measure it, too, and what is behind it.
  if (children.length > 1) setPriority(children[0]!.pid!, yielding);
  process.on("SIGTERM", () => children.forEach((child) => void child.kill("SIGTERM")));
  // A terminal sends Ctrl-C to all of us; passed on as well, vitest would take it for the second one and drop everything.
  process.on("SIGINT", () => process.stdin.isTTY || children.forEach((child) => void child.kill("SIGINT")));
  const codes = children.map(codeOf);
  await codes[0];
  for (const [out, err] of outputs) {
    out?.pipe(process.stdout, { end: false });
    err?.pipe(process.stderr, { end: false });
    for (const stream of [out, err]) if (stream) await finished(stream);
  }
  return Promise.all(codes);
};

const readCounts = async (path: string): Promise<Counts | undefined> => {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Counts;
  } catch {
    return undefined;
  }
};

/**
 * A suite of real parts that failed beside all others is run once more by itself, so that a machine's bad moment doesn't refuse
 * a change; what passes only then is told by name, and is a fault of the test.
 */
const runFailedAgain = async (
  counted: readonly (Counts | undefined)[],
  surroundings: Surroundings,
  folder: string,
): Promise<(Counts | undefined)[]> => {
  const result = [...counted];
  for (const file of worthAnotherRun(counted.filter((counts) => counts !== undefined))) {
    const index = counted.findIndex((counts) => counts?.failedFiles.includes(file));
    console.log(`\nAgain, by itself: ${file.file} (${file.project})`);
    const run = { name: "again", args: [`--project=${file.project}`, file.file] };
    await codeOf(startVitest(run, surroundings, folder, "inherit"));
    const again = await readCounts(countsOf(folder, run));
    if (again === undefined) continue;
    await rm(countsOf(folder, run));
    result[index] = replaceCounts(result[index]!, file, again);
    if (again.failed === 0) for (const name of file.names) console.log(`Passed only by itself: ${name}`);
  }
  return result;
};

const stopEarly = () => process.exit(130);
process.once("SIGINT", stopEarly).once("SIGTERM", stopEarly);
const args = process.argv.slice(2);
const surroundings = await prepare(args);
process.off("SIGINT", stopEarly).off("SIGTERM", stopEarly);

const folder = await mkdtemp(join(tmpdir(), "evenkeel-run-"));
// Database servers run as a user of their own, who must get to what is theirs.
await chmod(folder, 0o711);
const runs = runsOf(args, surroundings);
const codes = await runAll(runs, surroundings, folder);
const firstCounted = await Promise.all(runs.map((run) => readCounts(countsOf(folder, run))));
const counted = isRequired ? await runFailedAgain(firstCounted, surroundings, folder) : firstCounted;
await rm(folder, { recursive: true, force: true, maxRetries: 5 });

const sum = (count: "passed" | "failed" | "skipped" | "needing") =>
  counted.reduce((total, counts) => total + (counts?.[count] ?? 0), 0);
if (surroundings.missing) {
  const names = counted.flatMap((counts) => (isRequired ? counts?.onPlane : counts?.neededBy) ?? []);
  console.error(`No control plane, so these ${isRequired ? "failed" : "were skipped"}: ${surroundings.missing}`);
  for (const name of names) console.error(`  ${name}`);
}
for (const complaint of surroundings.complaints) console.error(complaint);
for (const [index, code] of codes.entries())
  if (!counted[index]) console.error(`vitest ended with code ${code} before it had counted`);
// A run can also fail outside of every test, as when no file matches.
const outside = codes.filter((code, index) => code !== 0 && !firstCounted[index]?.failed).length;
const isMended = codes.map((_, index) => firstCounted[index]?.failed && counted[index]?.failed === 0);
for (const { names } of counted.flatMap((counts) => counts?.failedFiles ?? []))
  for (const name of names) console.log(`Failed: ${name}`);
// What the embedded cluster lacks something for has run on the control plane, if there is one.
const skipped = sum("skipped") + (surroundings.onPlane && !surroundings.missing ? 0 : sum("needing"));
console.log(`${sum("passed")} passed, ${sum("failed") + outside} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = Math.max(...codes.map((code, index) => (isMended[index] ? 0 : code)));
