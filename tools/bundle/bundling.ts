import { join } from "node:path";
import type { Plugin } from "esbuild";

/** The repository. What a metafile names is relative to it. */
export const root = join(import.meta.dirname, "..", "..");

/** For packages that ask for Node's own modules as CommonJS does. */
export const requireShim =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/**
 * Reads a kubeconfig without the 750 kinds of the Kubernetes client: its `config.js` imports the index of all that is
 * generated, and uses two functions of it.
 */
export const kubeconfigAlone: Plugin = {
  name: "kubeconfig-alone",
  setup({ onResolve, onLoad }) {
    const namespace = "generated";
    onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer, resolveDir }) =>
      importer.endsWith(join("client-node", "dist", "config.js"))
        ? { path: "kubeconfig-alone", namespace, pluginData: join(resolveDir, "gen") }
        : undefined,
    );
    onLoad({ filter: /./, namespace }, ({ pluginData: resolveDir }) => ({
      contents: `
        export { createConfiguration } from "./configuration.js";
        export { ServerConfiguration } from "./servers.js";
      `,
      resolveDir,
    }));
  },
};
