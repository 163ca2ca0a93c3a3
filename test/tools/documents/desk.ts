import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Cluster } from "../../rigs/cluster.ts";
import { DocumentShell } from "./document-shell.ts";
import { root } from "./pages.ts";

/** The kubeconfig of a user whose current namespace is the one given. */
async function kubeconfigIn(namespace: string, { kubeconfigPath }: Pick<Cluster, "kubeconfigPath">): Promise<string> {
  const config = JSON.parse(await readFile(kubeconfigPath, "utf8"));
  config.contexts[0].context.namespace = namespace;
  return JSON.stringify(config);
}

/** Where a reader of the documents sits: a home with a kubeconfig, and the programs that they speak of on the PATH. */
export class Desk {
  readonly home: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(home: string, env: NodeJS.ProcessEnv) {
    this.home = home;
    this.#env = env;
  }

  /** Builds what is in `dist/`, by the documents' command. */
  static async open(cluster: Cluster, namespace: string): Promise<Desk> {
    const home = await mkdtemp(join(tmpdir(), "evenkeel-docs-"));
    const [bin, kube] = [join(home, "bin"), join(home, ".kube")];
    await Promise.all([mkdir(bin), mkdir(kube)]);
    await symlink(cluster.kubectl, join(bin, "kubectl"));
    await writeFile(join(kube, "config"), await kubeconfigIn(namespace, cluster));
    const { KUBECONFIG: _, ...env } = process.env;
    const path = [bin, join(root, "dist"), dirname(process.execPath), env.PATH].join(delimiter);
    const desk = new Desk(home, { ...env, HOME: home, PATH: path });
    await desk.shell().run("npm run build");
    // As npm puts the package's command on the PATH.
    await chmod(join(root, "dist", "main.mjs"), 0o755);
    await symlink(join(root, "dist", "main.mjs"), join(bin, "evenkeel"));
    return desk;
  }

  shell(env: NodeJS.ProcessEnv = {}): DocumentShell {
    return new DocumentShell({ ...this.#env, ...env });
  }

  /** Lets curl find a server where a document has another. */
  async redirectCurl(shown: string, url: string): Promise<void> {
    await writeFile(join(this.home, ".curlrc"), `silent\nconnect-to = "${new URL(shown).host}:${new URL(url).host}"\n`);
  }

  /** Writes a program into a project that has our package among its own. */
  async writeProgram(name: string, text: string): Promise<string> {
    const modules = join(this.home, "node_modules");
    await mkdir(modules, { recursive: true });
    // What a program of the documents imports.
    for (const [module, folder] of [
      ["evenkeel", root],
      ["undici", join(root, "node_modules", "undici")],
    ] as const)
      if (!existsSync(join(modules, module))) await symlink(folder, join(modules, module));
    const file = join(this.home, name);
    await writeFile(file, text);
    return file;
  }

  close(): Promise<void> {
    return rm(this.home, { recursive: true });
  }
}
