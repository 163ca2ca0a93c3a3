import { UsageError } from "../../flags/flag.ts";
import { oneLine } from "../../terminal/text.ts";
import { type PoolReference, parseName } from "../cluster/find-pool.ts";
import { type OpenCluster, withCluster } from "../cluster/open-cluster.ts";
import { patchPool } from "../cluster/patch-pool.ts";
import { nameOf, type PoolObject } from "../cluster/pool-object.ts";
import { Failure } from "../failure.ts";
import type { ClusterFlags } from "../flags.ts";
import { openTerminal } from "../screen/terminal.ts";

/** Keeps the mode that a paused pool had before. */
export const modeAnnotation = "evenkeel.io/mode-before-pause";

const modeOf = (pool: PoolObject) => {
  const { scaling } = pool.spec;
  if (!scaling) throw new Failure(`${nameOf(pool)} has no spec.scaling: it scales nothing that could be paused`);
  return scaling.mode ?? "Auto";
};

/** What `Auto` and `Recommend` mean, to be told. */
const meanings = {
  Auto: "its replicas follow the load",
  Recommend: "it says how many replicas are needed and leaves them alone",
};

const formerMode = ({ metadata }: PoolObject): keyof typeof meanings =>
  metadata.annotations?.[modeAnnotation] === "Recommend" ? "Recommend" : "Auto";

async function change(
  flags: ClusterFlags,
  words: readonly string[],
  signal: AbortSignal,
  run: (cluster: OpenCluster, name: PoolReference) => Promise<string>,
): Promise<void> {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new UsageError("name one pool: POOL or NAMESPACE/POOL");
  const terminal = openTerminal(flags);
  await withCluster(flags, signal, async (cluster) => {
    terminal.write(`${oneLine(await run(cluster, parseName("pool", word, flags.namespace, cluster.namespace)))}\n`);
  });
}

/** Sets the mode to Paused, and keeps the former one for `resume`. Twice is as once. */
export const pause = (flags: ClusterFlags, words: readonly string[], signal: AbortSignal): Promise<void> =>
  change(flags, words, signal, async (cluster, name) => {
    const pool = await patchPool(cluster, name, (current) => {
      const mode = modeOf(current);
      if (mode === "Paused") return undefined;
      return { metadata: { annotations: { [modeAnnotation]: mode } }, spec: { scaling: { mode: "Paused" } } };
    });
    const before = modeOf(pool);
    if (before === "Paused") return `${nameOf(pool)} is paused already; it would resume as ${formerMode(pool)}.`;
    return `${nameOf(pool)} is paused, was ${before}: its replicas stay as they are, its endpoints follow the load still.`;
  });

/** Sets the mode back to what it was before the pause. */
export const resume = (flags: ClusterFlags, words: readonly string[], signal: AbortSignal): Promise<void> =>
  change(flags, words, signal, async (cluster, name) => {
    const pool = await patchPool(cluster, name, (current) => {
      if (modeOf(current) !== "Paused") return undefined;
      return {
        metadata: { annotations: { [modeAnnotation]: null } },
        spec: { scaling: { mode: formerMode(current) } },
      };
    });
    const before = modeOf(pool);
    if (before !== "Paused") return `${nameOf(pool)} is not paused: its mode is ${before}.`;
    const mode = formerMode(pool);
    return `${nameOf(pool)} is resumed as ${mode}: ${meanings[mode]}.`;
  });
