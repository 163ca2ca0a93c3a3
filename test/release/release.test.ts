import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { chartFolder } from "../../tools/chart/render.ts";
import { describeChart } from "../tools/chart/describe-chart.ts";
import { findProgram } from "../tools/require-part.ts";

// A release takes some three seconds of a machine that is not busy.
const { version } = manifest;
const root = join(import.meta.dirname, "../..");
const page = "https://example.com/evenkeel";
const archives = {
  chart: `evenkeel-${version}.tgz`,
  client: `evenkeel-client-${version}.tgz`,
  plugin: `kubectl-evenkeel-${version}.tar.gz`,
};

let work: string;
let first: string;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const release = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...env } };
    execFile(process.execPath, ["tools/release/release.ts", ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });

async function unpack(archive: string): Promise<string> {
  const folder = join(work, `unpacked-${archive}`);
  await mkdir(folder);
  execFileSync("tar", ["-xzf", join(first, archive), "-C", folder]);
  return folder;
}

/** A project of somebody's that has installed the client. */
async function installClient(name: string, project: object): Promise<string> {
  const folder = join(work, name);
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify(project));
  const npm = ["install", "--offline", "--no-audit", "--no-fund", join(first, archives.client)];
  execFileSync("npm", npm, { cwd: folder, stdio: "pipe" });
  return folder;
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "evenkeel-release-test-"));
  first = join(work, "first");
  const { code, stdout, stderr } = await release([
    "--no-image",
    "--no-executables",
    "--out",
    first,
    "--repository",
    page,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(await readFile(join(first, "SHA256SUMS"), "utf8"));
});

afterAll(() => rm(work, { recursive: true, force: true }));

describe("a release", () => {
  test("has all that a version consists of, each with its checksum", async () => {
    const sums = (await readFile(join(first, "SHA256SUMS"), "utf8")).trimEnd().split("\n");
    const files = ["NOTES.md", "crd.yaml", "install.yaml", "krew.yaml", `evenkeel-${version}.spdx.json`];
    const names = [...files, ...Object.values(archives)].sort();
    expect((await readdir(first)).sort()).toEqual([...names, "SHA256SUMS"].sort());
    for (const [index, name] of names.entries()) {
      const content = await readFile(join(first, name));
      expect(sums[index]).toBe(`${createHash("sha256").update(content).digest("hex")}  ${name}`);
    }
  });

  test("is the same bytes when it is built again, but for where it is to be found", async () => {
    const { code, stdout } = await release(["--no-image", "--no-executables", "--out", join(work, "second")]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(
      "krew.yaml keeps {{ releases }}: --repository or --releases says where archives will be",
    );
    const differing = [];
    for (const name of await readdir(first))
      if (!(await readFile(join(first, name))).equals(await readFile(join(work, "second", name)))) differing.push(name);
    expect(differing.sort()).toEqual(["SHA256SUMS", archives.chart, archives.client, "krew.yaml"].sort());
  });

  test("has a plugin that runs, with the notices of what is inside, where Krew's manifest says", async () => {
    const folder = await unpack(archives.plugin);
    const { spec } = parse(await readFile(join(first, "krew.yaml"), "utf8"));
    const [platform] = spec.platforms;
    expect((await readdir(folder)).sort()).toEqual(platform.files.map(({ from }: { from: string }) => from).sort());
    expect(await readFile(join(folder, "THIRD-PARTY-NOTICES"), "utf8")).toMatch(/^yaml \d.*\(ISC\)$/m);
    const sum = createHash("sha256").update(await readFile(join(first, archives.plugin)));
    expect(platform.sha256).toBe(sum.digest("hex"));
    expect(platform.uri).toBe(`${page}/releases/download/v${version}/${archives.plugin}`);
    const env = { PATH: dirname(process.execPath) };
    const help = execFileSync(join(folder, platform.bin), ["--help"], { encoding: "utf8", env });
    expect(help).toContain("kubectl evenkeel");
  });

  test("has a client that npm installs and TypeScript knows", async () => {
    const folder = await installClient("user", { type: "module" });
    const lines = [
      'import { createBalancer, type Endpoint } from "evenkeel/client";',
      'import { balancedAgent } from "evenkeel/client/node";',
      'const balancer = createBalancer({ strategy: "RoundRobin", endpoints: [{ id: "a" }] });',
      "const endpoint: Endpoint | undefined = balancer.next();",
      "balancedAgent(balancer).destroy();",
      "console.log(endpoint?.id);",
    ];
    await writeFile(join(folder, "use.ts"), lines.join("\n"));
    expect(execFileSync(process.execPath, ["use.ts"], { cwd: folder, encoding: "utf8" })).toBe("a\n");
    const compile = (): string => {
      const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
      const flags = [
        "--ignoreConfig",
        "--noEmit",
        "--strict",
        "--module",
        "nodenext",
        "--lib",
        "es2024,dom",
        "--typeRoots",
        join(root, "node_modules", "@types"),
        "--types",
        "node",
        "use.ts",
      ];
      try {
        return execFileSync(process.execPath, [compiler, ...flags], { cwd: folder, encoding: "utf8" });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    expect(compile()).toBe("");
    await writeFile(join(folder, "use.ts"), [...lines, "const wrong: number = balancer.next();"].join("\n"));
    expect(compile()).toMatch(/TS2322.*\| undefined' is not assignable/);
  });

  test("has a client that CommonJS requires, with types, and that says where it comes from", async () => {
    const folder = await installClient("user-of-require", {});
    const lines = [
      'import client = require("evenkeel/client");',
      'const balancer: client.Balancer = client.createBalancer({ strategy: "RoundRobin", endpoints: [{ id: "a" }] });',
      "const id: string | undefined = balancer.next()?.id;",
      "console.log(id);",
    ];
    await writeFile(join(folder, "use.cts"), lines.join("\n"));
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const flags = ["--ignoreConfig", "--strict", "--module", "node16", "--lib", "es2024,dom", "--types", "", "use.cts"];
    execFileSync(process.execPath, [compiler, ...flags], { cwd: folder });
    const { code, stdout } = await new Promise<Ended>((resolve) => {
      const args = ["--no-experimental-require-module", "use.cjs"];
      execFile(process.execPath, args, { cwd: folder }, (error, out, stderr) =>
        resolve({ code: error ? 1 : 0, stdout: out, stderr }),
      );
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "a\n" });
    const installed = join(folder, "node_modules", "evenkeel");
    const told = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    expect(told).toMatchObject({ homepage: page, repository: { url: `git+${page}.git` }, engines: { node: ">=20" } });
    expect(told).not.toHaveProperty("private");
    const blocks = (await readFile(join(installed, "README.md"), "utf8")).matchAll(/```js\n([\s\S]*?)```/g);
    const [, , own = ""] = [...blocks].map(([, block = ""]) => block);
    await writeFile(join(folder, "own.mjs"), `${own}\nconsole.log(server.id);\n`);
    expect(execFileSync(process.execPath, ["own.mjs"], { cwd: folder, encoding: "utf8" })).toMatch(
      /^10\.0\.0\.[12]:8080\n$/,
    );
  });

  test("runs the image from where it will be, everywhere", async () => {
    const image = "registry.example.com/team/evenkeel";
    const folder = join(work, "with-image");
    const { code } = await release(["--no-image", "--no-executables", "--out", folder, "--image", image]);
    expect(code).toBe(0);
    const install = await readFile(join(folder, "install.yaml"), "utf8");
    expect([...install.matchAll(/^ *image: (.*)$/gm)].map(([, name]) => name)).toEqual([`${image}:${version}`]);
    execFileSync("tar", ["-xzf", join(folder, archives.chart), "-C", folder]);
    const read = (file: string) => readFile(join(folder, "evenkeel", file), "utf8");
    expect(parse(await read("values.yaml")).image.repository).toBe(image);
    expect(JSON.parse(await read("values.schema.json")).properties.image.properties.repository.default).toBe(image);
    expect(parse(await read("Chart.yaml")).annotations["artifacthub.io/images"]).toContain(`${image}:${version}`);
    expect(await read("README.md")).toContain(`| \`image.repository\` | string | \`"${image}"\` |`);
  });

  test("has a chart that tells where it comes from, and is else the repository's", async () => {
    const folder = join(await unpack(archives.chart), "evenkeel");
    const { home, sources, annotations, ...rest } = parse(await readFile(join(folder, "Chart.yaml"), "utf8"));
    expect([home, sources]).toEqual([page, [page]]);
    const { "artifacthub.io/links": links, ...others } = annotations;
    expect(parse(links)).toContainEqual({ name: "source", url: page });
    const own = parse(await readFile(join(chartFolder, "Chart.yaml"), "utf8"));
    expect({ ...rest, annotations: others }).toEqual(own);
    const listed = execFileSync("git", ["ls-files"], { cwd: chartFolder, encoding: "utf8" }).trimEnd().split("\n");
    for (const name of listed.filter((file) => file !== "Chart.yaml"))
      expect(await readFile(join(folder, name), "utf8"), name).toBe(await readFile(join(chartFolder, name), "utf8"));
  });

  describeChart("for Helm", (helm) => {
    test("the chart's archive renders as its folder does", () => {
      const render = (chart: string) => execFileSync(helm, ["template", "evenkeel", chart], { encoding: "utf8" });
      expect(render(join(first, archives.chart))).toBe(render(chartFolder));
      const shown = execFileSync(helm, ["show", "chart", join(first, archives.chart)], { encoding: "utf8" });
      expect(shown).toContain(`home: ${page}`);
    });
  });
});

describe("the command", () => {
  test.each<[string, string[], RegExp, NodeJS.ProcessEnv?]>([
    ["an unknown flag", ["--nothing"], /Unknown option '--nothing'/],
    ["no address", ["--no-image", "--releases", "example.com"], /--releases example\.com: .*https:\/\//],
    ["an image with a tag", ["--no-image", "--image", "registry.example.com/e:1"], /--image .*without a tag/],
    ["no version", ["--set", "1.2"], /1\.2 is no version: X\.Y\.Z/],
    ["a folder that has something", ["--no-image", "--no-executables", "--out", "docs"], /--out docs is not empty/],
    ["a file for a folder", ["--no-image", "--no-executables", "--out", "LICENSE"], /LICENSE/],
    ["no Docker", [], /docker: install it; .* \(--no-image leaves the image out\)/, { PATH: "/nowhere" }],
  ])("refuses %s in one line, before it builds", async (_, args, words, env) => {
    const folder = args.includes("--out") ? [] : ["--out", join(work, "never")];
    const { code, stdout, stderr } = await release([...args, ...folder], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^release: [^\n]*\n$/);
    expect(stderr).toMatch(words);
    expect(await readdir(work)).not.toContain("never");
  });

  test.skipIf(!findProgram("docker"))("refuses a Docker whose engine does not answer", async () => {
    const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
    const { code, stderr } = await release(["--out", join(work, "never")], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^release: docker: start an engine.* \(--no-image leaves the image out\)\n$/);
  });

  test("tells its flags", async () => {
    const { code, stdout } = await release(["--help"]);
    expect(code).toBe(0);
    for (const flag of ["--repository", "--releases", "--image", "--no-image", "--no-executables", "--out", "--set"])
      expect(stdout).toContain(flag);
  });
});
