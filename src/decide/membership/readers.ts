import type { Excluded } from "../planned.ts";
import type { Observation } from "../world.ts";
import type { Eligibility } from "./eligible.ts";
import { chooseWriters, rolesOf } from "./writers.ts";

const nobody: ReadonlySet<string> = new Set();

/**
 * UIDs of pods that are not to be read, as they take writes: those that are written to, and any that says by its probe that
 * it would take them.
 */
export function sparedFrom(
  eligibility: Eligibility,
  observation: Observation,
  former: string | undefined,
): ReadonlySet<string> {
  const { access } = observation.pool.spec;
  if (!access || access.readers === "All") return nobody;
  const writers = chooseWriters(eligibility, observation, former)?.writers ?? [];
  const takers = [...rolesOf(observation)].filter(([, takesWrites]) => takesWrites);
  return new Set([...writers.map(({ uid }) => uid), ...takers.map(([uid]) => uid)]);
}

/** Those of them that are not read even where nobody else can be. */
export const neverRead = (spared: ReadonlySet<string>, { pool }: Observation): ReadonlySet<string> =>
  pool.spec.access?.readers === "Replicas" ? spared : nobody;

/** Who may be read: with ReplicasFirst everybody, where those that are to be spared are all that there are. */
export function readable(given: Eligibility, spared: ReadonlySet<string>, observation: Observation): Eligibility {
  const candidates = given.candidates.filter(({ pod }) => !spared.has(pod.uid));
  if (candidates.length === given.candidates.length) return given;
  if (candidates.length === 0 && neverRead(spared, observation).size === 0) return given;
  const out = given.candidates.filter(({ pod }) => spared.has(pod.uid));
  return {
    ...given,
    candidates,
    members: given.members.map((member) =>
      member.isIn && spared.has(member.pod.uid) ? { ...member, isIn: false } : member,
    ),
    excluded: [...given.excluded, ...out.map(({ pod: { name } }): Excluded => ({ pod: name, reason: "WritesOnly" }))],
  };
}
