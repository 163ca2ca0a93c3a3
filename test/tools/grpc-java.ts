import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "./control-plane/lock.ts";
import { Progress } from "./control-plane/progress.ts";
import { findProgram } from "./require-part.ts";
import { toolFolder } from "./tool-folder.ts";

const run = promisify(execFile);
const source = join(import.meta.dirname, "grpc-java");

function builtFolder(): string {
  const digest = createHash("sha256");
  for (const file of globSync("**/*.{xml,java}", { cwd: source }).sort())
    digest.update(file).update(readFileSync(join(source, file)));
  const [, version] = /<grpc\.version>(.*)</.exec(readFileSync(join(source, "pom.xml"), "utf8"))!;
  return toolFolder("grpc-java-client", `${version}-${digest.digest("hex").slice(0, 12)}`);
}

export type JavaProgram =
  | { readonly kind: "ready"; readonly command: readonly [program: string, ...args: string[]] }
  | { readonly kind: "missing"; readonly reason: string };

async function commandOf(folder: string): Promise<JavaProgram | undefined> {
  const path = await readFile(join(folder, "classpath"), "utf8").catch(() => undefined);
  if (path === undefined) return undefined;
  return { kind: "ready", command: ["java", "-cp", `${join(folder, "classes")}:${path.trim()}`, "Client"] };
}

async function build(folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`;
  const words = ["--quiet", "--batch-mode", "--file", join(source, "pom.xml"), `-Dbuilt=${unfinished}`];
  try {
    const goals = ["compile", "dependency:build-classpath", `-Dmdep.outputFile=${join(unfinished, "classpath")}`];
    await run("mvn", [...words, ...goals], { timeout: 300_000 });
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** What was built before of a program that calls pods through grpc-java's own xDS client; else builds it with Maven. */
export async function findOrBuildGrpcJava(): Promise<JavaProgram> {
  const folder = builtFolder();
  for (const program of ["java", "mvn"])
    if (!findProgram(program)) return { kind: "missing", reason: `${program} is not installed` };
  const found = await commandOf(folder);
  if (found) return found;
  const progress = new Progress();
  const step = "grpc-java's xDS client";
  try {
    await mkdir(join(folder, ".."), { recursive: true });
    const onWait = () => progress.step(`${step}: waiting for another process that builds it`);
    await withLock(`${folder}.lock`, onWait, async () => {
      if (await commandOf(folder)) return;
      progress.step(`${step}: building`);
      await build(folder);
    });
    progress.end(`${step}: built in ${progress.elapsed}`);
    return (await commandOf(folder))!;
  } catch (error) {
    progress.end();
    return { kind: "missing", reason: `Maven can't build ${step}: ${(error as Error).message}` };
  }
}
