import * as z from "zod";
import { defined } from "../../../api/defined.ts";
import { Failure } from "../failure.ts";
import type { ClusterFlags, ExplainFlags, ServerFlags } from "../flags.ts";
import { withCluster } from "./open-cluster.ts";
import { askServer, askThroughApiServer, type Read } from "./reach-operator.ts";

/** The replica of the operator that answered, as far as it says who it is. */
export interface OperatorReplica {
  readonly version: string;
  readonly identity?: string;
  readonly leads?: boolean;
  /** Identity of the one that leads. */
  readonly leader?: string;
}

const path = "/v1/pools";

const list = z.looseObject({
  pools: z.array(z.unknown()),
  replica: z
    .looseObject({
      version: z.string().max(100),
      identity: z.string(),
      leads: z.boolean(),
      leader: z.string().optional(),
    })
    .optional(),
});

/** Of an operator that lists pools; absent where it does not say who it is. */
interface Told {
  readonly replica?: OperatorReplica;
}

const read: Read<Told> = (answer) => {
  const { data } = list.safeParse(answer);
  if (!data) return undefined;
  if (!data.replica) return {};
  const { version, identity, leads, leader } = data.replica;
  return { replica: { version, identity, leads, ...defined({ leader }) } };
};

type Where = ClusterFlags & ServerFlags & Pick<ExplainFlags, "operator-namespace">;

/** Which version of the operator runs, as one replica of it says; throws why that is not known. */
export async function readReplica(flags: Where, signal: AbortSignal): Promise<OperatorReplica> {
  const { "operator-url": url, "operator-namespace": operatorNamespace, ...rest } = flags;
  // Whoever names the operator needs no cluster.
  const reached =
    url !== undefined
      ? await askServer({ ...rest, "operator-url": url }, path, read, signal)
      : await withCluster(flags, signal, (cluster) =>
          askThroughApiServer(cluster, { operatorNamespace, poolNamespace: cluster.namespace }, path, read),
        );
  if (reached.kind === "problem") throw new Failure(`the operator does not say its version: ${reached.detail}`);
  const { replica } = reached.document;
  if (replica) return replica;
  throw new Failure("the operator does not say its version: it is older than this program");
}
