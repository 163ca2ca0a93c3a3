import { parseArgs } from "node:util";
import { buildImage } from "./build-image.ts";
import { dockerProblem, kindProblem, MissingError } from "./problems.ts";
import { runProgram } from "./run-program.ts";

const help = `Usage: npm run image -- [FLAGS]

Bundles the operator and makes its image: on the Dockerfile's base or, where
that cannot be pulled, on one made here from Debian's packages (apt, dpkg-deb).

  --tag NAME    Name of the image (default: the one that the chart runs).
  --base IMAGE  Base to use: Node in /nodejs/bin or /usr/local/bin, glibc.
  --kind        Load it into the kind cluster that KIND_CLUSTER_NAME names
                (default: kind).
  --help        This text.
`;

const log = (line: string): void => void process.stdout.write(`${line}\n`);

/** Before anything is built that could not be loaded then. */
async function requireKind(): Promise<void> {
  const problem = (await dockerProblem()) ?? (await kindProblem(process.env.KIND_CLUSTER_NAME || "kind"));
  if (problem) throw new MissingError(problem);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tag: { type: "string" },
      base: { type: "string" },
      kind: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return log(help.trimEnd());
  if (values.kind) await requireKind();
  const { tag } = await buildImage({ tag: values.tag, base: values.base, log });
  if (!values.kind) return;
  await runProgram("kind", ["load", "docker-image", tag]);
  log(`${tag} is on the cluster's nodes`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message.replace(/^/gm, "image: ")}\n`);
  process.exitCode = error instanceof MissingError ? 2 : 1;
}
