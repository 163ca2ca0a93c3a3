import { parseArgs } from "node:util";
import { buildImage } from "./build-image.ts";
import { runProgram } from "./run-program.ts";

const help = `Usage: npm run image -- [FLAGS]

Bundles the operator and makes its image, on the Dockerfile's base or, where that cannot be pulled, on one made here from
Debian's packages (apt, dpkg-deb).

  --tag NAME    Name of the image (default: the one that the chart runs).
  --base IMAGE  Base to use: Node in /nodejs/bin or /usr/local/bin, glibc.
  --kind        Load it into the kind cluster, by KIND_CLUSTER_NAME if that is not "kind".
`;

const log = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const { values } = parseArgs({
    options: {
      tag: { type: "string" },
      base: { type: "string" },
      kind: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) process.stdout.write(help);
  else {
    const { tag } = await buildImage({ tag: values.tag, base: values.base, log });
    if (values.kind) {
      await runProgram("kind", ["load", "docker-image", tag]);
      log(`${tag} is on the cluster's nodes`);
    }
  }
} catch (error) {
  process.stderr.write(`image: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
