import { runProgram } from "../../tools/image/run-program.ts";
import { nodeImageProblem } from "./find-tools.ts";

/** The kind of which the image below is: a node image is made for one version of kind, says its release's page. */
export const kindVersion = "v0.33.0";

/** The minor of Kubernetes before that of kind's own image, as the page of kind's release has it. */
export const earlierImage =
  "kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed";

/** Why the suites cannot run on the earlier minor as well. */
export async function earlierImageProblem(kind: string): Promise<string | undefined> {
  const [, version] = (await runProgram(kind, ["version"])).split(" ");
  if (version !== kindVersion) return `it is made for kind ${kindVersion}, and this is ${version}`;
  const problem = await nodeImageProblem(earlierImage);
  return problem && `it is not here and cannot be pulled: ${problem}`;
}
