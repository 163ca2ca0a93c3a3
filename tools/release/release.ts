import { readdir, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../bundle/bundling.ts";
import { platforms } from "../executable/fetch-node.ts";
import { readAddresses } from "./address.ts";
import { buildRelease, ReleaseError } from "./build-release.ts";
import { setVersion } from "./versions.ts";

const help = `Usage: npm run release -- [FLAGS]

Builds all that a version consists of into dist/release: the image, the chart,
the manifests, kubectl's plugin with its Krew manifest, the client for npm, the
SBOM, the notes and the checksums. But for the image, the same sources make the
same bytes. Publishes nothing.

  --repository URL  The project's page, for the chart and for Krew. Without
                    --releases, archives are to be found under
                    URL/releases/download, as on GitHub.
  --releases URL    Where the archives will be: URL/vX.Y.Z/FILE.
  --image NAME      Where the image will be, without a tag: the chart and
                    install.yaml run it from there.
  --no-image        Leave the image out, as where there is no Docker.
  --no-executables  Leave out kubectl's plugin as an executable for
                    ${platforms.join(" and ")}, for which npm fetches Node.
  --out FOLDER      Write into this folder instead, which must be empty.
  --set X.Y.Z       Put this version everywhere first, and build nothing. Then
                    run npm run generate and commit.
`;

const log = (line: string): void => void process.stdout.write(`${line}\n`);

/** The folder to write to, emptied if it is our own. */
async function chooseFolder(out: string | undefined): Promise<string> {
  if (out === undefined) {
    const folder = join(root, "dist", "release");
    await rm(folder, { recursive: true, force: true });
    return folder;
  }
  const files = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (files.length > 0) throw new ReleaseError(`--out ${out} is not empty`);
  return resolve(out);
}

try {
  const { values } = parseArgs({
    options: {
      repository: { type: "string" },
      releases: { type: "string" },
      image: { type: "string" },
      "no-image": { type: "boolean", default: false },
      "no-executables": { type: "boolean", default: false },
      out: { type: "string" },
      set: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(help);
  else if (values.set !== undefined) {
    if (!/^[0-9]+\.[0-9]+\.[0-9]+$/.test(values.set)) throw new ReleaseError(`${values.set} is no version: X.Y.Z`);
    await setVersion(values.set);
  } else {
    const addresses = readAddresses(values);
    const folder = await chooseFolder(values.out);
    const executables = values["no-executables"] ? [] : platforms;
    const sums = await buildRelease({ folder, withImage: !values["no-image"], executables, addresses, log });
    log(`in ${relative(process.cwd(), folder) || "."}:\n${sums.trimEnd()}`);
    if (!addresses.releases)
      log("krew.yaml keeps {{ releases }}: --repository or --releases says where archives will be");
  }
} catch (error) {
  process.stderr.write(`release: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
