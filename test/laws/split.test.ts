import fc from "fast-check";
import { expect, test } from "vitest";
import { plan } from "../../src/decide/plan.ts";
import type { Observation, ObservedPod } from "../../src/decide/world.ts";
import { observation, observedAt, pool, probing } from "../builders/builders.ts";
import { anyPods } from "./observations.ts";

const anyTraits = fc.record({
  isLabelled: fc.boolean(),
  isDrained: fc.boolean(),
  wasWriter: fc.boolean(),
  role: fc.option(fc.record({ takesWrites: fc.boolean(), ageMs: fc.constantFrom(100, 3_600_000) }), { nil: undefined }),
  isProbed: fc.boolean(),
});

const metrics = { probe: { type: "Postgres" } };
const pools = [{ all: {} }, { matchLabels: { role: "primary" } }].map((writers) =>
  pool({ strategy: { type: "RoundRobin" }, metrics, access: { writers } }),
);

/** Anything that a pass may see of databases. */
const anyDatabases: fc.Arbitrary<Observation> = fc
  .tuple(fc.constantFrom(...pools), anyPods, fc.array(anyTraits, { minLength: 15, maxLength: 15 }), fc.boolean())
  .map(([of, pods, traits, isPublished]) => {
    const withTraits = pods.map(({ pod }, index): ObservedPod => {
      const { isLabelled, isDrained, role, isProbed } = traits[index]!;
      const labels = isLabelled ? { app: "db", role: "primary" } : { app: "db" };
      const told = role && { takesWrites: role.takesWrites, at: observedAt - role.ageMs };
      return {
        pod: { ...pod, labels, ...(isDrained && { drainRequested: true }) },
        ...(isProbed && { probe: probing({ successes: 3, ...(told && { role: told }) }) }),
      };
    });
    const before = pods.filter((_, index) => traits[index]!.wasWriter).map(({ pod }) => pod.uid);
    return observation({
      pool: of,
      pods: withTraits,
      ...(isPublished && { writersInForce: new Set(before) }),
    });
  });

const readyIn = ({ writeMembers = [] }: ReturnType<typeof plan>["plan"]): string[] =>
  writeMembers.filter(({ isIn }) => isIn).map(({ pod }) => pod.uid);

test("slices of the write list name nobody as ready who is not on it, and no standby at all", () => {
  fc.assert(
    fc.property(anyDatabases, (seen) => {
      const planned = plan(seen).plan;
      const writers = new Set(planned.writers!.map(({ uid }) => uid));
      const standbys = new Set(
        seen.pods.flatMap(({ pod, probe }) => (probe?.role?.takesWrites === false ? [pod.uid] : [])),
      );
      for (const uid of readyIn(planned)) expect(writers).toContain(uid);
      if (!seen.pool.spec.access!.writers.matchLabels)
        for (const { pod } of planned.writeMembers!) expect(standbys).not.toContain(pod.uid);
      const members = new Set(planned.members.map(({ pod }) => pod.uid));
      for (const { pod } of planned.writeMembers!) expect(members).toContain(pod.uid);
    }),
  );
});

test("whoever has the labels takes the writes, and at most one does", () => {
  fc.assert(
    fc.property(anyDatabases, (seen) => {
      const { matchLabels: labels } = seen.pool.spec.access!.writers;
      fc.pre(labels !== undefined);
      const planned = plan(seen).plan;
      const ready = readyIn(planned);
      expect(ready.length).toBeLessThanOrEqual(1);
      expect(ready).toEqual(planned.writers!.map(({ uid }) => uid));
      for (const { pod } of planned.writeMembers!) expect(pod.labels).toMatchObject(labels!);
    }),
  );
});

test("a restart goes on with the writer that slices name", () => {
  fc.assert(
    fc.property(anyDatabases, (seen) => {
      const before = plan(seen);
      const writersInForce = new Set(readyIn(before.plan));
      const onward = readyIn(plan({ ...seen, writersInForce }, before.memory).plan);
      fc.pre(writersInForce.size > 0);
      expect(readyIn(plan({ ...seen, writersInForce }).plan)).toEqual(onward);
    }),
  );
});
