import type { Verdict } from "../../api/conditions.ts";
import { defined } from "../../api/defined.ts";
import type { Reason } from "../../api/reasons.ts";
import { count, print, type Wording, worded } from "../basics/wording.ts";
import type { Excluded, WordedVerdict, Writer } from "../planned.ts";
import { freshProbeForMs, isFresh } from "../samples/staleness.ts";
import type { Observation, Pod } from "../world.ts";
import type { Eligibility } from "./eligible.ts";
import { isGone, tellExcluded } from "./excluded.ts";
import { matchLabels, selects } from "./selector.ts";

const type = "WritersReady";

/** Names that a message has room for. */
const mostNamed = 5;

/** The write list, and what is to be said of it. */
export interface WriterChoice {
  readonly writers: readonly Writer[];
  readonly verdict: WordedVerdict;
  /** UID of the one that takes writes, for while nobody can tell; absent where there is none. */
  readonly writer?: string;
}

const byName = (a: Pod, b: Pod): number => (a.name < b.name ? -1 : 1);

const list = (names: readonly string[]): Wording =>
  names.length > mostNamed
    ? worded`${names.slice(0, mostNamed).join(", ")} and ${count(names.length - mostNamed)} more`
    : names.join(", ");

const namesOf = (pods: readonly Pod[]): Wording => list(pods.map(({ name }) => name));

/** Whether pods take writes, by UID, as far as their probes have heard of late. */
type Roles = ReadonlyMap<string, boolean>;

export function rolesOf({ pods, pool, now }: Observation): Roles {
  const asked = pool.spec.metrics?.probe;
  if (!asked) return new Map();
  return new Map(
    pods.flatMap(({ pod, probe }) =>
      probe?.role && isFresh(probe.role.at, freshProbeForMs(asked), now) ? [[pod.uid, probe.role.takesWrites]] : [],
    ),
  );
}

const toWriter = ({ name, uid, addresses }: Pod, { ports }: Pick<Eligibility, "ports">, reason: string): Writer => ({
  pod: name,
  uid,
  address: addresses[0]!,
  ports: ports.get(uid)!,
  reason,
});

const verdict = (status: Verdict["status"], reason: Reason, message: Wording): WordedVerdict => ({
  type,
  status,
  reason,
  message,
});

/** With `all`: the read list, for a pod that may be read must not miss a write; but for standbys, which get them otherwise. */
function writeToAll(eligibility: Eligibility, observation: Observation): WriterChoice {
  const { candidates, excluded } = eligibility;
  const roles = rolesOf(observation);
  const readable = candidates.map(({ pod }) => pod).sort(byName);
  const standbys = readable.filter(({ uid }) => roles.get(uid) === false);
  const writers = readable
    .filter((pod) => !standbys.includes(pod))
    .map((pod) => toWriter(pod, eligibility, "takes every write"));
  const missing = [
    ...excluded.filter((entry) => !isGone(entry)).map(tellExcluded),
    ...standbys.map(({ name }) => ({ pod: name, reason: "Standby" })),
  ].sort((a, b) => (a.pod < b.pod ? -1 : 1));
  const total = writers.length + missing.length;
  if (total === 0) return { writers, verdict: verdict("False", "NoPods", "There is no pod to write to.") };
  if (missing.length === 0)
    return { writers, verdict: verdict("True", "AllWriters", worded`Writes go to all ${count(total)} pods.`) };
  const without = list(missing.map(({ pod, reason }) => `${pod} (${reason})`));
  const message = worded`Writes go to ${count(writers.length)} of ${count(total)} pods. These miss what is written meanwhile: ${without}.`;
  return { writers, verdict: verdict("False", "WritersMissing", message) };
}

/** Pods that have the labels, and why they may take writes. */
interface Labelled {
  readonly pods: readonly Pod[];
  readonly reason: (pod: Pod) => string;
}

/**
 * Those that have the labels: of the readable ones; where there is none, of those that are drained or were set aside for
 * their probe, as an empty list would turn a drain, or a fault of the probe, into an outage.
 */
function labelledIn(
  { candidates, health, drained = [] }: Eligibility,
  labels: Readonly<Record<string, string>>,
): Labelled {
  const selector = matchLabels(labels);
  const haveThem = (pods: readonly Pod[]) => pods.filter((pod) => selects(selector, pod.labels)).sort(byName);
  const readable = haveThem(candidates.map(({ pod }) => pod));
  if (readable.length > 0) return { pods: readable, reason: () => "has the labels of a writer" };
  const leaving = haveThem(drained);
  if (leaving.length > 0)
    return { pods: leaving, reason: () => "kept although it is drained, as no other has the labels" };
  const aside = (health?.unhealthy ?? []).filter(({ isAside }) => isAside);
  const whys = new Map(aside.map(({ pod, why }) => [pod.uid, why]));
  return {
    pods: haveThem(aside.map(({ pod }) => pod)),
    reason: ({ uid }) => `kept although unhealthy, as no other has the labels: ${whys.get(uid)}`,
  };
}

/** The one pod with the labels, which is sound, unless it says of itself that it takes no writes. */
function writeToOne(pod: Pod, { reason }: Labelled, about: About): WriterChoice {
  const { observation, roles, labels, excluded, ports } = about;
  if (roles.get(pod.uid) === false) {
    const others = observation.pods.map((seen) => seen.pod).filter(({ uid }) => roles.get(uid) === true);
    const hint = others.length > 0 ? worded` ${namesOf(others)} takes them, without the labels.` : "";
    const message = worded`${pod.name} has the labels ${labels}, and is a standby, which takes no writes.${hint}`;
    return { writers: [], verdict: verdict("False", "WriterIsStandby", message) };
  }
  const writers = [toWriter(pod, { ports }, reason(pod))];
  const kept = excluded.find((entry) => entry.pod === pod.name);
  if (!kept) return { writers, verdict: verdict("True", "WritersFound", `Writes go to ${pod.name}.`), writer: pod.uid };
  const isDrained = kept.reason === "Draining";
  const why = isDrained ? "although it is to be drained" : "although unhealthy";
  const message = `Writes go to ${pod.name} ${why}, as no other pod has the labels ${labels}.`;
  return {
    writers,
    verdict: verdict("False", isDrained ? "WriterDraining" : "WriterUnhealthy", message),
    writer: pod.uid,
  };
}

interface About {
  readonly observation: Observation;
  /** UID of the pod that took writes before. */
  readonly former: string | undefined;
  readonly roles: Roles;
  /** As text. */
  readonly labels: string;
  readonly excluded: readonly Excluded[];
  readonly ports: Eligibility["ports"];
}

/**
 * Of several pods that have the labels one at most is the primary. It is the one that says so by its probe; it is never
 * guessed, for what is written to another is lost. Where the probes do not tell, the one that took writes goes on, if it
 * is among them.
 */
function writeToOneOf({ pods, reason }: Labelled, { ports, former: formerUid, roles, labels }: About): WriterChoice {
  const found = worded`${namesOf(pods)} have the labels ${labels}, which one pod should have.`;
  const give = (pod: Pod, why: Wording): WriterChoice => ({
    writers: [toWriter(pod, { ports }, reason(pod))],
    verdict: verdict("False", "SeveralWriters", worded`${found} ${why}`),
    writer: pod.uid,
  });
  const takers = pods.filter(({ uid }) => roles.get(uid) === true);
  if (takers.length === 1)
    return give(takers[0]!, `Writes go to ${takers[0]!.name}, which alone says that it takes them.`);
  const former = pods.find(({ uid }) => uid === formerUid);
  const none = (reasonOf: Reason, why: Wording): WriterChoice => ({
    writers: [],
    verdict: verdict("False", reasonOf, worded`${found} ${why}`),
    ...defined({ writer: former?.uid }),
  });
  if (takers.length > 1)
    return none(
      "WriterUnknown",
      worded`${namesOf(takers)} say that they take writes: none is written to, as either may lose it.`,
    );
  if (pods.every(({ uid }) => roles.get(uid) === false))
    return none("WriterIsStandby", "Each says that it is a standby: none is written to.");
  if (former && roles.get(former.uid) === undefined)
    return give(former, `Their probes do not tell which of them takes writes: these stay with ${former.name}.`);
  return none("WriterUnknown", "Their probes do not tell which of them takes writes: none is written to.");
}

/**
 * The pods that take writes, by name, so that all consumers write in the same order and none waits for another in a
 * circle. Undefined where the pool has no write list.
 */
export function chooseWriters(
  eligibility: Eligibility,
  observation: Observation,
  former: string | undefined,
): WriterChoice | undefined {
  const { writers } = observation.pool.spec.access ?? {};
  if (!writers) return undefined;
  if (!writers.matchLabels) return writeToAll(eligibility, observation);
  const pairs = Object.entries(writers.matchLabels).map(([name, value]) => `${name}=${value}`);
  const labels = print(list(pairs));
  const { excluded, ports } = eligibility;
  const about = { observation, former, roles: rolesOf(observation), labels, excluded, ports };
  const labelled = labelledIn(eligibility, writers.matchLabels);
  const [only, ...others] = labelled.pods;
  if (!only) return { writers: [], verdict: verdict("False", "NoWriter", `No ready pod has the labels ${labels}.`) };
  return others.length === 0 ? writeToOne(only, labelled, about) : writeToOneOf(labelled, about);
}
