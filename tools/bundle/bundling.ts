import { join } from "node:path";

/** The repository. What a metafile names is relative to it. */
export const root = join(import.meta.dirname, "..", "..");

/** For packages that ask for Node's own modules as CommonJS does. */
export const requireShim =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
