import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toEntries, toPorts, toSlices } from "../../src/act/endpoints.ts";
import { pack } from "../../src/act/pack.ts";
import { retracted } from "../../src/act/retract.ts";
import { entriesOf, outOf, type Slice, type SliceEndpoint, sameEntry, toSlice } from "../../src/act/slice.ts";
import { isWhole } from "../../src/act/slice-owner.ts";
import { type OutForm, outForms } from "../../src/api/pool.ts";
import { plan } from "../../src/decide/plan.ts";
import type { Member } from "../../src/decide/planned.ts";
import type { Pool } from "../../src/decide/world.ts";
import { pod, pool as poolBuilder } from "../builders/builders.ts";
import { anyObservation } from "./observations.ts";

const max = 4;
const poolWith = (out: OutForm): Pool => poolBuilder({ publish: { out } });

/** Pods of every state, of which some have another address family too; whoever could serve may be in or out. */
const anyMembers: fc.Arbitrary<Member[]> = fc
  .array(
    fc.record({ number: fc.nat(14), ready: fc.boolean(), leaving: fc.nat(5), wide: fc.nat(3), wished: fc.boolean() }),
    { maxLength: 15 },
  )
  .map((rows) =>
    [...new Map(rows.map((row) => [row.number, row])).values()].map(({ number, ready, leaving, wide, wished }) => {
      const terminating = leaving === 0;
      const addresses = [`10.0.0.${number + 1}`, ...(wide === 0 ? [`fd00::${number + 1}`] : [])];
      const of = pod(`web-${number}`, { ready, terminating, addresses });
      return { pod: of, isIn: wished && ready && !terminating };
    }),
  );
const anyForm = fc.constantFrom(...outForms);

/** What the cluster holds once a pool has published on its Service, as the watch then shows it. */
function published(pool: Pool, members: readonly Member[], existing: readonly Slice[] = []): Slice[] {
  const entries = toEntries(members, "IPv4", pool.spec.publish.out);
  const ports = toPorts(pool);
  const { write, remove } = pack(existing, entries, ports, max, (slice) => isWhole(pool, { name: "web" }, slice));
  const after = new Map(existing.map((slice) => [slice.metadata.name, slice]));
  for (const name of remove) after.delete(name);
  for (const slice of toSlices(pool, { name: "web" }, "IPv4", write, members, existing))
    after.set(slice.metadata.name, toSlice(JSON.parse(JSON.stringify(slice))));
  return [...after.values()];
}

const told = (slices: readonly Slice[]): Map<string, SliceEndpoint> =>
  new Map(slices.flatMap(({ endpoints }) => endpoints.map((endpoint) => [endpoint.targetRef.uid, endpoint])));
const readyIn = (slices: readonly Slice[]) =>
  [...told(slices).values()].filter(({ conditions }) => conditions.ready).map(({ targetRef }) => targetRef.uid);
const placesIn = (slices: readonly Slice[]) =>
  new Map(slices.flatMap((slice) => entriesOf(slice).map(({ uid }) => [uid, slice.metadata.name])));

describe("whatever the form in which slices tell of pods that are out", () => {
  test("each endpoint has all three conditions, and says which pod it is", () => {
    fc.assert(
      fc.property(anyObservation, anyForm, (seen, form) => {
        const { members } = plan(seen).plan;
        for (const { endpoint } of [...toEntries(members, "IPv4", form), ...toEntries(members, "IPv6", form)]) {
          if (!endpoint) continue;
          const { ready, serving, terminating } = endpoint.conditions;
          expect([ready, serving, terminating].map((one) => typeof one)).toEqual(["boolean", "boolean", "boolean"]);
          const of = members.find(({ pod: { uid } }) => uid === endpoint.targetRef.uid)!.pod;
          const { namespace, name, uid } = of;
          expect(endpoint.targetRef).toEqual({ kind: "Pod", namespace, name, uid });
        }
      }),
    );
  });

  test("it changes what is said of those that are out, and of nobody else", () => {
    fc.assert(
      fc.property(anyMembers, anyForm, anyForm, (members, one, other) => {
        const [before, after] = [told(published(poolWith(one), members)), told(published(poolWith(other), members))];
        for (const { pod: of, isIn } of members) {
          const isOut = of.ready && !of.terminating && !isIn;
          if (!isOut) expect(before.get(of.uid)).toEqual(after.get(of.uid));
          else expect(before.get(of.uid)?.conditions.ready ?? false).toBe(false);
        }
      }),
    );
  });

  test("those that are in are ready, and nobody else", () => {
    fc.assert(
      fc.property(anyMembers, anyForm, (members, form) => {
        const isIn = members.filter((member) => member.isIn).map(({ pod: { uid } }) => uid);
        expect(readyIn(published(poolWith(form), members)).toSorted()).toEqual(isIn.toSorted());
      }),
    );
  });

  test("a change of it, of who is in and of who is there leaves what the new ones alone would give", () => {
    fc.assert(
      fc.property(anyMembers, anyMembers, anyForm, anyForm, (first, second, one, other) => {
        const before = published(poolWith(one), first);
        const after = published(poolWith(other), second, before);
        expect(told(after)).toEqual(told(published(poolWith(other), second)));
        // By that alone a pool goes on whose spec says nothing after a start.
        for (const slice of after) expect(outOf(slice)).toBe(other);
        expect(published(poolWith(other), second, after)).toEqual(after);
      }),
    );
  });

  test("a pod that goes out and comes back is in the slice that it left, and no slice has too many", () => {
    fc.assert(
      fc.property(anyMembers, anyMembers, anyForm, (members, comers, form) => {
        const pool = poolWith(form);
        const isOld = new Set(members.map(({ pod: { uid } }) => uid));
        const young = comers.filter(({ pod: { uid } }) => !isOld.has(uid));
        const before = published(pool, members);
        const none = members.map((member) => ({ ...member, isIn: false }));
        // Others come while it is out, and may not take its place.
        const meanwhile = published(pool, [...none, ...young], before);
        const after = published(pool, [...members, ...young], meanwhile);
        const [left, back] = [placesIn(before), placesIn(after)];
        for (const uid of isOld) expect(back.get(uid)).toBe(left.get(uid));
        for (const slice of after) expect(entriesOf(slice).length).toBeLessThanOrEqual(max);
      }),
    );
  });

  test("where it is not known who is a member, nobody comes in, and nobody's place is lost", () => {
    fc.assert(
      fc.property(anyMembers, anyForm, (members, form) => {
        const pool = poolWith(form);
        const before = published(pool, members);
        const all = members.map(({ pod: of }) => ({ pod: of, isIn: of.ready && !of.terminating }));
        const known = new Map(all.map((member) => [member.pod.uid, member]));
        const after = before.map((slice) => retracted(pool, slice, known, true) ?? slice);
        expect(readyIn(after).toSorted()).toEqual(readyIn(before).toSorted());
        expect([...placesIn(after).keys()].toSorted()).toEqual([...placesIn(before).keys()].toSorted());
      }),
    );
  });

  test("what a pool may only retract follows its pods within the slice, and says so once", () => {
    fc.assert(
      fc.property(anyMembers, anyMembers, anyForm, (first, second, form) => {
        const pool = poolWith(form);
        const known = new Map(second.map((member) => [member.pod.uid, member]));
        for (const slice of published(pool, first)) {
          const after = retracted(pool, slice, known) ?? slice;
          const here = new Map(entriesOf(slice).map((entry) => [entry.uid, entry]));
          for (const entry of entriesOf(after)) {
            expect(here.has(entry.uid)).toBe(true);
            const [wanted] = toEntries([known.get(entry.uid)!], "IPv4", form);
            expect(sameEntry(entry, wanted!)).toBe(true);
          }
          expect(retracted(pool, after, known)).toBeUndefined();
        }
      }),
    );
  });
});
