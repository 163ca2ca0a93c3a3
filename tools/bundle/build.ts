import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bundleAll, bundleLab } from "./bundle-all.ts";
import { root } from "./bundling.ts";
import { describeSource } from "./describe-source.ts";

const folder = join(root, "dist");
// Names of chunks change with what is in them.
await rm(folder, { recursive: true, force: true });
const { created } = await describeSource();
await bundleAll(folder, created);
await bundleLab(join(folder, "lab"), created);
