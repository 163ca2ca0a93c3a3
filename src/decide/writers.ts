import type { Verdict } from "../api/conditions.ts";
import { isDraining } from "./drained.ts";
import type { Eligibility } from "./eligible.ts";
import { isGone } from "./gone.ts";
import type { Excluded, Writer } from "./planned.ts";
import { matchLabels, selects } from "./selector.ts";
import type { Pod, Pool } from "./world.ts";

const type = "WritersReady";

/** Names that a message has room for. */
const mostNamed = 5;

const byName = (a: Pod, b: Pod): number => (a.name < b.name ? -1 : 1);

const toWriter = ({ name, uid, addresses }: Pod, { spec }: Pool, reason: string): Writer => ({
  pod: name,
  uid,
  address: addresses[0]!,
  ports: spec.ports,
  reason,
});

const list = (names: readonly string[]): string =>
  names.length > mostNamed
    ? `${names.slice(0, mostNamed).join(", ")} and ${names.length - mostNamed} more`
    : names.join(", ");

/**
 * The pods that take writes, by name, so that all consumers write in the same order and none waits for another in a
 * circle.
 *
 * With `all`, they are the read list: a pod that may be read must not miss a write. With `matchLabels`, they are the
 * pods of it that match; where only pods match that are drained or were set aside for their probe, these stay, as an empty
 * list would turn a drain, or a fault of the probe, into an outage.
 */
export function writersOf({ candidates, health, drained = [] }: Eligibility, pool: Pool): Writer[] | undefined {
  const { writers } = pool.spec.access ?? {};
  if (!writers) return undefined;
  const readable = candidates.map(({ pod }) => pod).sort(byName);
  if (!writers.matchLabels) return readable.map((pod) => toWriter(pod, pool, "takes every write"));
  const selector = matchLabels(writers.matchLabels);
  const matching = readable.filter(({ labels }) => selects(selector, labels));
  if (matching.length > 0) return matching.map((pod) => toWriter(pod, pool, "has the labels of a writer"));
  const leaving = drained.filter(({ labels }) => selects(selector, labels)).sort(byName);
  if (leaving.length > 0)
    return leaving.map((pod) => toWriter(pod, pool, "kept although it is drained, as no other has the labels"));
  return (health?.unhealthy ?? [])
    .filter(({ pod, isAside }) => isAside && selects(selector, pod.labels))
    .map(({ pod, why }) => toWriter(pod, pool, `kept although unhealthy, as no other has the labels: ${why}`));
}

function judgeMatching({ spec }: Pool, writers: readonly Writer[], excluded: readonly Excluded[]): Verdict {
  const labels = Object.entries(spec.access?.writers.matchLabels ?? {}).map(([name, value]) => `${name}=${value}`);
  const names = list(writers.map(({ pod }) => pod));
  if (writers.length === 0)
    return { type, status: "False", reason: "NoWriter", message: `No ready pod has the labels ${list(labels)}.` };
  const kept = excluded.find(({ pod }) => pod === writers[0]!.pod);
  if (!kept) return { type, status: "True", reason: "WritersFound", message: `Writes go to one of: ${names}.` };
  const isDrained = isDraining(kept);
  const why = isDrained ? "although it is to be drained" : "although unhealthy";
  const message = `Writes go to ${names} ${why}, as no other pod has the labels ${list(labels)}.`;
  return { type, status: "False", reason: isDrained ? "WriterDraining" : "WriterUnhealthy", message };
}

function judgeAll(writers: readonly Writer[], excluded: readonly Excluded[]): Verdict {
  const missing = excluded.filter(({ reason }) => !isGone(reason)).sort((a, b) => (a.pod < b.pod ? -1 : 1));
  const total = writers.length + missing.length;
  if (total === 0) return { type, status: "False", reason: "NoPods", message: "There is no pod to write to." };
  if (missing.length === 0)
    return { type, status: "True", reason: "AllWriters", message: `Writes go to all ${total} pods.` };
  const without = list(missing.map(({ pod, reason }) => `${pod} (${reason})`));
  return {
    type,
    status: "False",
    reason: "WritersMissing",
    message: `Writes go to ${writers.length} of ${total} pods. These miss what is written meanwhile: ${without}.`,
  };
}

/** What is to be said of the write list: nothing where there is none. */
export function judgeWriters(
  pool: Pool,
  writers: readonly Writer[] | undefined,
  excluded: readonly Excluded[],
): Verdict[] {
  if (!writers) return [];
  return [pool.spec.access?.writers.matchLabels ? judgeMatching(pool, writers, excluded) : judgeAll(writers, excluded)];
}
