import * as z from "zod";
import type { FollowersDocument } from "../../../serve/followers-document.ts";
import { Failure } from "../failure.ts";
import type { ServerFlags, StatusFlags } from "../flags.ts";
import type { PoolReference } from "./find-pool.ts";
import type { OpenCluster } from "./open-cluster.ts";
import { askServer, askThroughApiServer } from "./reach-operator.ts";

/** `status` has enough to tell without. */
const patienceMs = 3_000;

const followers = z.looseObject({
  namespace: z.string(),
  name: z.string(),
  version: z.string(),
  counts: z.record(z.string(), z.number()),
  followers: z.array(
    z.looseObject({
      consumer: z.string(),
      client: z.string(),
      version: z.string().optional(),
      since: z.string(),
      rejected: z.string().optional(),
    }),
  ),
});

function read(answer: unknown, { namespace, name }: PoolReference): FollowersDocument | undefined {
  const { success, data } = followers.safeParse(answer);
  return success && data.namespace === namespace && data.name === name ? (answer as FollowersDocument) : undefined;
}

/** Who follows a pool, as one replica of the operator knows it; else why that is not known. */
export async function readFollowers(
  cluster: OpenCluster,
  {
    "operator-namespace": operatorNamespace,
    "operator-url": url,
    ...rest
  }: ServerFlags & Pick<StatusFlags, "operator-namespace">,
  pool: PoolReference,
): Promise<FollowersDocument | Failure> {
  const path = `/v1/pools/${encodeURIComponent(pool.namespace)}/${encodeURIComponent(pool.name)}/followers`;
  const signal = AbortSignal.any([cluster.signal, AbortSignal.timeout(patienceMs)]);
  try {
    const readOfPool = (answer: unknown) => read(answer, pool);
    const reached =
      url === undefined
        ? await askThroughApiServer(
            { ...cluster, signal },
            { operatorNamespace, poolNamespace: pool.namespace },
            path,
            readOfPool,
          )
        : await askServer({ ...rest, "operator-url": url }, path, readOfPool, signal);
    return reached.kind === "ok" ? reached.document : new Failure(reached.detail);
  } catch (error) {
    cluster.signal.throwIfAborted();
    if (error instanceof Failure) return error;
    return new Failure(`the operator did not answer (${(error as Error).message})`);
  }
}
