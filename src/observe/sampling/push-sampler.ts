import type { Pod } from "../../decide/world.ts";
import { failed } from "../../pods/failed.ts";
import { ReadingBook, type SampleOrFailure } from "./book.ts";
import type { StartSampler } from "./context.ts";
import { Pulse } from "./pulse.ts";
import type { Heard } from "./push-book.ts";

/**
 * The part of the expiry after which every client that lives has been heard, as each repeats its report within a third.
 */
const roundShare = 0.5;

const connectionsOf = ({ name, addresses }: Pod, { connections }: Heard): number =>
  [name, ...addresses].reduce((sum, key) => sum + (connections.get(key) ?? 0), 0);

const measure = (pod: Pod, heard: Heard | undefined): SampleOrFailure =>
  heard
    ? { kind: "sampled", sample: { takenAt: heard.at, connections: connectionsOf(pod, heard) } }
    : failed("NotReported");

/**
 * Reads the pods of a pool off what clients report of their own connections, once per interval. A report is whole:
 * its client has no connection to a pod that it does not name. So as long as one report stands, every pod is measured,
 * one that nobody names has none, and while none stands, no pod is. After a start nothing is read until the clients
 * had time to repeat what they told somebody else, for a part of them would make busy pods look idle.
 */
export const startPush: StartSampler<"push"> = (context, pool, { interval, source }, inherited) => {
  const { now, reports, startedAt, onAttempt, onSample } = context;
  const since = now();
  const book = new ReadingBook(inherited);

  /** Of a pool that came when we were here, nothing was missed. */
  function isComplete(time: number): boolean {
    const { createdAt = Number.NEGATIVE_INFINITY } = book.following ?? {};
    return createdAt > startedAt || Math.abs(time - since) >= roundShare * source.spec.expiry;
  }

  const pulse = new Pulse(context, interval, async () => {
    const time = now();
    const pods = book.pods;
    if (pods.length === 0 || !isComplete(time)) return;
    const heard = reports.read(pool);
    for (const pod of pods) book.record(pod, measure(pod, heard), time);
    onAttempt({ pool, outcome: heard ? "ok" : "NotReported", seconds: 0 });
    onSample(pool);
  });

  return {
    follow: (following) => book.follow(following),
    readings: () => book.readings,
    stop: async () => pulse.stop(),
  };
};
