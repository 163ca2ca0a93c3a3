import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { describeSource } from "../bundle/describe-source.ts";
import { canMakeLocalBase, makeLocalBase } from "./local-base.ts";
import { dockerProblem, MissingError } from "./problems.ts";
import { ProgramError, runProgram } from "./run-program.ts";

const root = join(import.meta.dirname, "..", "..");

export interface ImageOptions {
  /** The chart's own image by default. */
  readonly tag?: string | undefined;
  /** What the Dockerfile names by default, or, where that cannot be had, one made from Debian's packages. */
  readonly base?: string | undefined;
  /** Gets one line for each step. */
  readonly log: (line: string) => void;
}

export interface Image {
  readonly tag: string;
  readonly base: string;
  /** Uncompressed. */
  readonly bytes: number;
}

/** The image that the chart runs when no value names another. */
export async function chartImage(): Promise<string> {
  const [values, chart] = await Promise.all(
    ["values.yaml", "Chart.yaml"].map(async (file) =>
      parse(await readFile(join(root, "charts", "evenkeel", file), "utf8")),
    ),
  );
  return `${values.image.repository}:${values.image.tag || chart.appVersion}`;
}

const isThere = async (image: string): Promise<boolean> =>
  (await runProgram("docker", ["images", "-q", image])).trim() !== "";

async function chooseBase(log: ImageOptions["log"]): Promise<string> {
  const dockerfile = await readFile(join(root, "Dockerfile"), "utf8");
  const wanted = /^ARG BASE=(.+)$/m.exec(dockerfile)![1]!;
  if (await isThere(wanted)) return wanted;
  try {
    await runProgram("docker", ["pull", "-q", wanted]);
    return wanted;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const why = `${wanted} cannot be pulled (${error.stderr.trim().split(": ").at(-1)})`;
    if (!(await canMakeLocalBase()))
      throw new MissingError(`base image: ${why}; name one that is here by --base, or make one on a Debian with apt`);
    log(`${why}: a base of Debian's packages instead`);
    return makeLocalBase();
  }
}

/** Bundles the operator on this machine and makes its image; throws a `MissingError` before that where it could not. */
export async function buildImage({ tag, base, log }: ImageOptions): Promise<Image> {
  const problem = await dockerProblem();
  if (problem) throw new MissingError(problem);
  const name = tag ?? (await chartImage());
  const chosen = base ?? (await chooseBase(log));
  await runProgram("npm", ["run", "build"], { cwd: root });
  // The image's user must be able to read what a careful umask made.
  await runProgram("chmod", ["-R", "a+rX", "dist", "LICENSE"], { cwd: root });
  const { revision, created } = await describeSource();
  const values = { BASE: chosen, VERSION: manifest.version, REVISION: revision, CREATED: created.toISOString() };
  const args = Object.entries(values).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
  await runProgram("docker", ["build", "--target", "prebuilt", "--tag", name, ...args, "."], { cwd: root });
  const bytes = Number(await runProgram("docker", ["image", "inspect", "--format", "{{.Size}}", name]));
  log(`${name} on ${chosen}: ${(bytes / 1e6).toFixed(1)} MB`);
  return { tag: name, base: chosen, bytes };
}
