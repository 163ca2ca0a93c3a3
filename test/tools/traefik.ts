import { join } from "node:path";
import { buildTool, findBuilt, type GoTool } from "./go-tool.ts";

const traefik: GoTool = {
  name: "Traefik's provider",
  program: "traefik-servers",
  module: join(import.meta.dirname, "traefik"),
  requires: "github.com/traefik/traefik/v3",
  package: "evenkeel.io/test/traefik",
};

/** A program that prints to which servers Traefik's own Kubernetes provider would send, if it was built. */
export const findTraefik = (): string | undefined => findBuilt(traefik);

// Two minutes of CPU and a hundred modules for one row of a table: built by running this file alone, as CI does.
if (import.meta.main) {
  const built = await buildTool(traefik);
  console.log(built.kind === "ready" ? built.path : built.reason);
  if (built.kind === "missing") process.exitCode = 1;
}
