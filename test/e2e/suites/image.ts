import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { ProgramError, runProgram } from "../../../tools/image/run-program.ts";
import type { Stage } from "../stage.ts";

const hardened = ["--rm", "--network", "none", "--read-only", "--cap-drop", "ALL"];

export function testImage(stage: Stage): void {
  const { image } = stage.record;
  const docker = (...words: string[]) => runProgram("docker", words);

  test("runs without network, rights and a place to write", async () => {
    expect(await docker("run", ...hardened, image, "--version")).toBe(`${manifest.version}\n`);
  });

  test("has no shell, runs as nobody in particular, and leaves probes to Kubernetes", async () => {
    const shell = docker("run", ...hardened, "--entrypoint", "sh", image, "-c", "true");
    await expect(shell).rejects.toThrow(ProgramError);
    const config = JSON.parse(await docker("image", "inspect", "--format", "{{json .Config}}", image));
    expect(config.User).toBe("65532:65532");
    expect(config.Healthcheck).toBeUndefined();
  });

  test("says what it was built from", async () => {
    const labels = JSON.parse(await docker("image", "inspect", "--format", "{{json .Config.Labels}}", image));
    expect(labels).toMatchObject({
      "org.opencontainers.image.title": "evenkeel",
      "org.opencontainers.image.version": manifest.version,
      "org.opencontainers.image.licenses": manifest.license,
    });
  });

  test("holds the operator, and not what people run on their own machines", async () => {
    const script = `process.stdout.write(require("node:fs").readdirSync("/app").join(" "))`;
    const files = (await docker("run", ...hardened, "--entrypoint", "node", image, "-e", script)).split(" ");
    expect(files).toEqual(expect.arrayContaining(["main.mjs", "page"]));
    expect(files.filter((name) => /^kubectl|^client|^lab/.test(name))).toEqual([]);
  });

  test("carries the SBOM of what it is made of, and the licences", async () => {
    const script = `process.stdout.write(require("node:fs").readFileSync(process.argv[1]))`;
    const read = (path: string) => docker("run", ...hardened, "--entrypoint", "node", image, "-e", script, path);
    const sbom = JSON.parse(await read("/app/sbom.spdx.json"));
    expect(sbom.spdxVersion).toMatch(/^SPDX-2/);
    const named = new Set(sbom.packages.map(({ name }: { name: string }) => name));
    expect(Object.keys(manifest.dependencies).filter((name) => !named.has(name))).toEqual([]);
    expect(named).not.toContain("vitest");
    const licence = await readFile(join(import.meta.dirname, "..", "..", "..", "LICENSE"), "utf8");
    expect(await read("/app/LICENSE")).toBe(licence);
    const notices = await read("/app/THIRD-PARTY-NOTICES");
    for (const name of Object.keys(manifest.dependencies))
      expect(notices).toMatch(new RegExp(`^${name} [0-9.]+ `, "m"));
  });
}
