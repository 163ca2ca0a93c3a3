import { join } from "node:path";
import type { Plugin } from "esbuild";

/** The repository. What a metafile names is relative to it. */
export const root = join(import.meta.dirname, "..", "..");

/** For packages that ask for Node's own modules as CommonJS does. */
export const requireShim =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/**
 * Of the generated half of the Kubernetes client, brings what a kubeconfig is read with, without the 750 kinds that its index
 * loads besides.
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
