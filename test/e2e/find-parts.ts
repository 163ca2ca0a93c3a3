import { dockerProblem, MissingError } from "../../tools/image/problems.ts";
import { runProgram } from "../../tools/image/run-program.ts";
import { findTools, nodeImageProblem, type Tools } from "./find-tools.ts";

async function findDockerProblem(nodeImage: string | undefined): Promise<string | undefined> {
  const docker = await dockerProblem();
  if (docker || nodeImage === undefined) return docker;
  const problem = await nodeImageProblem(nodeImage);
  return problem && `node image: build or load ${nodeImage}; it is not here and cannot be pulled: ${problem}`;
}

/** What a kind cluster of this name needs; throws a `MissingError` with a line for each part that is not there, and where the cluster is. */
export async function findParts(cluster: string, nodeImage: string | undefined): Promise<Tools> {
  const docker = await findDockerProblem(nodeImage);
  const tools = await findTools();
  const problems = [...(docker ? [docker] : []), ...("problems" in tools ? tools.problems : [])];
  if (problems.length > 0 || "problems" in tools) throw new MissingError(problems.join("\n"));
  const clusters = await runProgram(tools.kind, ["get", "clusters"]);
  if (clusters.split("\n").includes(cluster))
    throw new MissingError(`kind: the cluster ${cluster} is there already: kind delete cluster --name ${cluster}`);
  return tools;
}
