import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { EmbeddedStage, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { findOrFetchClientTools } from "../tools/openapi-client.ts";
import { requirePart } from "../tools/require-part.ts";

const run = promisify(execFile);
const tools = await findOrFetchClientTools();
const isThere = requirePart(
  tools.kind === "ready" ? "openapi-typescript" : `openapi-typescript (${tools.reason})`,
  tools.kind === "ready",
);

/** What somebody writes who has nothing but the document: the compiler knows every path, parameter and field. */
const program = `
import createClient from "openapi-fetch";
import type { paths } from "./api.d.ts";

const client = createClient<paths>({ baseUrl: process.argv[2]! });
const path = { namespace: "default", name: "web" };
const { data: pool, error } = await client.GET("/v1/pools/{namespace}/{name}", { params: { path } });
// A text where somebody asks for YAML.
if (!pool || typeof pool === "string") throw new Error(error?.detail);
const next = await client.GET("/v1/pools/{namespace}/{name}/next", { params: { path, query: { n: 2 } } });
const missing = await client.GET("/v1/pools/{namespace}/{name}", { params: { path: { ...path, name: "wbe" } } });
const weights: number[] = pool.endpoints.map(({ weight }) => weight);
console.log(JSON.stringify({
  strategy: pool.strategy,
  weights,
  next: next.data?.endpoints.length,
  missing: missing.error?.reason,
}));
`;

test.skipIf(!isThere)("a client that is generated from the operator's document reads a pool of it", async () => {
  if (tools.kind !== "ready") return;
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  await session.create(poolsPath, poolOf("web", {}));
  const operator = await stage.startOperator();
  await waitFor(async () => (await operator.pool("default", "web"))?.endpoints.length === 2, "two endpoints");

  const folder = await mkdtemp(join(tmpdir(), "evenkeel-client-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const modules = join(tools.path, "node_modules");
  await symlink(modules, join(folder, "node_modules"));
  await writeFile(join(folder, "openapi.json"), await (await fetch(`${operator.url}/openapi.json`)).text());
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "read.ts"), program);
  const inFolder = { cwd: folder };
  const bin = (name: string) => join(modules, name);
  await run(process.execPath, [bin("openapi-typescript/bin/cli.js"), "openapi.json", "-o", "api.d.ts"], inFolder);
  const strict = ["--strict", "--module", "nodenext", "--target", "es2024", "--skipLibCheck", "--outDir", "out"];
  const typed = ["--lib", "es2024,dom", "--rewriteRelativeImportExtensions", "read.ts"];
  const globals = "declare const process: { argv: string[] };\n";
  await writeFile(join(folder, "read.ts"), `${globals}${program}`);
  await run(process.execPath, [bin("typescript/bin/tsc"), ...strict, ...typed], inFolder);
  const { stdout } = await run(process.execPath, [join("out", "read.js"), operator.url], inFolder);
  expect(JSON.parse(stdout)).toEqual({
    strategy: "RoundRobin",
    weights: [1_000, 1_000],
    next: 2,
    missing: "PoolUnknown",
  });
});
