import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { parseCLI } from "vitest/node";
import { findOrBuild } from "./tools/control-plane/build.ts";
import type { Counts } from "./tools/control-plane/count-reporter.ts";
import { countsVariable } from "./tools/control-plane/count-reporter.ts";
import { findNamespace } from "./tools/control-plane/namespace.ts";
import { tether } from "./tools/control-plane/tether.ts";
import { findOrBuildHelm } from "./tools/helm.ts";

// Builds or finds the control plane and Helm while the network is there, then runs vitest in a network namespace of its own.
// Without a control plane the suites of test/cluster run on the embedded one alone.

const root = join(import.meta.dirname, "..");
const controlPlane = "control-plane";
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const countsFile = "counts.json";
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
  /** Why nothing can run on the real control plane. */
  readonly missing?: string;
  /** Why the chart's suites can't run. */
  readonly missingHelm?: string;
}

/** Nobody should wait for what the selected suites have no need of. */
const prepare = async (args: readonly string[]): Promise<Surroundings> => {
  const onPlane = await selects(args, controlPlane, "cluster");
  const namespace = onPlane ? findNamespace() : undefined;
  const command = namespace?.kind === "possible" ? namespace.command : [];
  const plane = namespace?.kind === "possible" ? await findOrBuild() : undefined;
  const missing = namespace?.kind === "impossible" ? namespace.reason : plane?.kind === "missing" && plane.reason;
  const ofChart =
    (await selects(args, "unit", "charts", /^chart\./)) || (await selects(args, controlPlane, "cluster", /^chart-/));
  const helm = ofChart ? await findOrBuildHelm() : undefined;
  return { command, ...(missing && { missing }), ...(helm?.kind === "missing" && { missingHelm: helm.reason }) };
};

const reporters = (args: readonly string[]): string[] => {
  const chosen = args.some((arg) => arg.startsWith("--reporter"));
  const usual = chosen ? [] : ["default", ...(process.env.GITHUB_ACTIONS ? ["github-actions"] : [])];
  return [...usual, countReporter].map((name) => `--reporter=${name}`);
};

const isRequired = process.env.EVENKEEL_REQUIRE === "all";

/** The project of the control plane is left out where there is none, unless somebody asks for it. */
const projects = (args: readonly string[], { missing }: Surroundings): string[] =>
  missing !== undefined && !isRequired && !args.some((arg) => arg.startsWith("--project"))
    ? [`--project=!${controlPlane}`]
    : [];

const runVitest = async (args: readonly string[], surroundings: Surroundings, folder: string) => {
  const { command, missing } = surroundings;
  const chosen = [...args, ...projects(args, surroundings), ...reporters(args)];
  const words = [...command, ...tether("TERM"), process.execPath, vitest, "run", ...chosen];
  const [program = "", ...rest] = words;
  const child = spawn(program, rest, {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      // What tests leave behind when they are killed goes with our own folder.
      TMPDIR: folder,
      [countsVariable]: join(folder, countsFile),
      ...(missing && { EVENKEEL_CLUSTER_MISSING: missing }),
    },
  });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  // A terminal sends Ctrl-C to both of us; passed on as well, vitest would take it for the second one and drop everything.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
};

const readCounts = async (path: string): Promise<Counts | undefined> => {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Counts;
  } catch {
    return undefined;
  }
};

const stopEarly = () => process.exit(130);
process.once("SIGINT", stopEarly).once("SIGTERM", stopEarly);
const args = process.argv.slice(2);
const surroundings = await prepare(args);
process.off("SIGINT", stopEarly).off("SIGTERM", stopEarly);

const folder = await mkdtemp(join(tmpdir(), "evenkeel-run-"));
// Database servers run as a user of their own, who must get to what is theirs.
await chmod(folder, 0o711);
const code = await runVitest(args, surroundings, folder);
const counts = await readCounts(join(folder, countsFile));
await rm(folder, { recursive: true, force: true, maxRetries: 5 });

if (surroundings.missing) {
  console.error(`No control plane, so these ${isRequired ? "failed" : "were skipped"}: ${surroundings.missing}`);
  for (const name of (isRequired ? counts?.onPlane : counts?.needing) ?? []) console.error(`  ${name}`);
}
if (surroundings.missingHelm) console.error(`No Helm for the suites of the chart: ${surroundings.missingHelm}`);
if (!counts) console.error(`vitest ended with code ${code} before it had counted`);
const { passed, failed, skipped } = counts ?? { passed: 0, failed: 0, skipped: 0 };
// A run can also fail outside of every test, as when no file matches.
const failures = failed === 0 && code !== 0 ? 1 : failed;
console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = code;
