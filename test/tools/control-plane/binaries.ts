import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isExecutable } from "../require-part.ts";
import { toolFolder } from "../tool-folder.ts";

export const binaryNames = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;
export type BinaryName = (typeof binaryNames)[number];
export type Binaries = Readonly<Record<BinaryName, string>>;

export type Lookup =
  | { readonly kind: "ready"; readonly folder: string; readonly binaries: Binaries }
  | { readonly kind: "missing"; readonly reason: string };

export const moduleFolder = (name: "etcd" | "kubernetes") => join(import.meta.dirname, name);

/** The Kubernetes version that our Go module pins, such as `v1.36.3`. */
export const pinnedVersion = (): string => {
  const version = /k8s\.io\/kubernetes (v[\d.]+)/.exec(
    readFileSync(join(moduleFolder("kubernetes"), "go.mod"), "utf8"),
  );
  if (!version?.[1]) throw new Error("go.mod pins no version of k8s.io/kubernetes");
  return version[1];
};

export const cacheFolder = (): string => toolFolder("control-plane", pinnedVersion());

/** Folders that setup-envtest left, of the pinned minor version alone: our controller manager has to fit the API server. */
const envtestFolders = (): string[] => {
  const data = process.env.XDG_DATA_HOME || join(homedir(), ".local", "share");
  const root = join(data, "kubebuilder-envtest", "k8s");
  const minor = pinnedVersion().slice(1).split(".").slice(0, 2).join(".");
  try {
    return readdirSync(root)
      .filter((name) => name.startsWith(`${minor}.`))
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
      .map((name) => join(root, name));
  } catch {
    return [];
  }
};

/** Each binary from the first folder that has it: `KUBEBUILDER_ASSETS`, what setup-envtest left, our own cache. */
export const locate = (): Partial<Record<BinaryName, string>> => {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const folders = [...(assets ? [assets] : []), ...envtestFolders(), cacheFolder()];
  return Object.fromEntries(
    binaryNames.flatMap((name) => {
      const path = folders.map((folder) => join(folder, name)).find(isExecutable);
      return path ? [[name, path]] : [];
    }),
  );
};

/** Looks without building. */
export const findBinaries = (): Lookup => {
  const found = locate();
  const missing = binaryNames.filter((name) => !found[name]);
  if (missing.length > 0) {
    return { kind: "missing", reason: `${missing.join(", ")} not built yet; run \`npm run control-plane\`` };
  }
  const binaries = found as Binaries;
  return { kind: "ready", folder: dirname(binaries["kube-apiserver"]), binaries };
};
