import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { binaryNames, cacheFolder, findBinaries, locate, pinnedVersion } from "../tools/control-plane/binaries.ts";

let root: string;
const put = async (folder: string, names: readonly string[] = binaryNames): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    await writeFile(join(folder, name), "");
    await chmod(join(folder, name), 0o755);
  }
};
const envtest = (version: string) => join(root, "data", "kubebuilder-envtest", "k8s", `${version}-linux-amd64`);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "evenkeel-binaries-"));
  vi.stubEnv("KUBEBUILDER_ASSETS", "");
  vi.stubEnv("XDG_DATA_HOME", join(root, "data"));
  vi.stubEnv("XDG_CACHE_HOME", join(root, "cache"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

test("names what is missing, and what to do", () => {
  const lookup = findBinaries();
  expect(lookup).toMatchObject({ kind: "missing", reason: expect.stringContaining("npm run control-plane") });
  expect(lookup).toMatchObject({ reason: expect.stringContaining("kube-controller-manager") });
});

test("finds our own cache, by the pinned version", async () => {
  await put(cacheFolder());
  expect(cacheFolder().startsWith(join(root, "cache"))).toBe(true);
  expect(findBinaries()).toMatchObject({ kind: "ready", folder: cacheFolder() });
});

test("takes the newest that setup-envtest left, of our minor version alone", async () => {
  await put(cacheFolder());
  const minor = pinnedVersion().slice(1).split(".").slice(0, 2).join(".");
  for (const version of [`${minor}.2`, `${minor}.10`, "1.9.0", "1.99.0"]) await put(envtest(version));
  expect(findBinaries()).toMatchObject({ kind: "ready", folder: envtest(`${minor}.10`) });
});

test("takes KUBEBUILDER_ASSETS first, and what it lacks from elsewhere", async () => {
  const assets = join(root, "assets");
  vi.stubEnv("KUBEBUILDER_ASSETS", assets);
  await put(assets, ["etcd", "kube-apiserver", "kubectl"]);
  expect(locate()).not.toHaveProperty("kube-controller-manager");
  await put(cacheFolder());
  expect(locate()).toMatchObject({
    etcd: join(assets, "etcd"),
    "kube-controller-manager": join(cacheFolder(), "kube-controller-manager"),
  });
});

test("passes over what can't be run", async () => {
  await put(cacheFolder());
  await chmod(join(cacheFolder(), "etcd"), 0o644);
  await rm(join(cacheFolder(), "kubectl"));
  expect(Object.keys(locate())).not.toContain("kubectl");
  expect(Object.keys(locate())).not.toContain("etcd");
});
