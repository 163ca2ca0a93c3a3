import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProgram } from "../tools/require-part.ts";

const main = join(import.meta.dirname, "..", "..", "tools", "image", "build.ts");
const node = dirname(process.execPath);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "evenkeel-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeImage(args: readonly string[], env: NodeJS.ProcessEnv) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

test.each([[[]], [["--kind"]]])("without Docker, the image is not begun: %j", (args) => {
  const stderr = "image: docker: install it; it is not on the PATH\n";
  expect(makeImage(args, { PATH: node, HOME: folder })).toEqual({ status: 2, stdout: "", stderr });
});

test("its help fits a terminal", () => {
  const { status, stdout } = makeImage(["--help"], { PATH: node, HOME: folder });
  expect(status).toBe(0);
  expect(stdout.split("\n").filter(({ length }) => length > 80)).toEqual([]);
});

// Its client is enough.
const docker = findProgram("docker");
describe.skipIf(!docker)("with Docker", () => {
  test("whose engine does not run, the image is not begun", () => {
    symlinkSync(docker!, join(folder, "docker"));
    const env = { PATH: `${node}:${folder}`, HOME: folder, DOCKER_HOST: `unix://${join(folder, "none.sock")}` };
    const { status, stderr } = makeImage([], env);
    expect(stderr).toMatch(/^image: docker: start an engine, such as by systemctl start docker; none answers: .+\n$/);
    expect(status).toBe(2);
  });
});
