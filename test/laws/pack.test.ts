import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Packing, pack } from "../../src/act/pack.ts";
import type { Slice, SliceEndpoint } from "../../src/act/slice.ts";
import { endpointOf, endpointsIn, entriesWith, httpPorts, sliceOf } from "../act/slices.ts";

const max = 5;

/** What the cluster holds after a packing was written. */
function applied(existing: readonly Slice[], { write, remove }: Packing): Slice[] {
  const after = new Map(existing.map((slice) => [slice.metadata.name, slice]));
  for (const name of remove) after.delete(name);
  for (const { name, entries } of write) {
    let free = 1;
    while (after.has(`new-${free}`)) free += 1;
    const given = name ?? `new-${free}`;
    after.set(given, sliceOf(given, endpointsIn(entries)));
  }
  return [...after.values()];
}

const uidsOf = (slices: readonly Pick<Slice, "endpoints">[]) =>
  slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef.uid));

interface Change {
  readonly existing: readonly Slice[];
  readonly wanted: readonly SliceEndpoint[];
}

/** Endpoints over slices as earlier packings may have left them, and then some that go, change or come. */
const anyChange: fc.Arbitrary<Change> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max }), { maxLength: 6 }),
    fates: fc.array(fc.constantFrom("stays", "stays", "stays", "goes", "changes"), { minLength: 30, maxLength: 30 }),
    come: fc.nat(12),
    order: fc.integer(),
  })
  .map(({ sizes, fates, come, order }) => {
    let next = 0;
    const existing = sizes.map((size, index) =>
      sliceOf(
        `web-${index}`,
        Array.from({ length: size }, () => endpointOf(`pod-${next++}`)),
      ),
    );
    const kept = Array.from({ length: next }, (_, index) => ({ name: `pod-${index}`, fate: fates[index]! }))
      .filter(({ fate }) => fate !== "goes")
      .map(({ name, fate }) => endpointOf(name, { ready: fate !== "changes" }));
    const wanted = [...kept, ...Array.from({ length: come }, (_, index) => endpointOf(`pod-${next + index}`))];
    const turn = wanted.length === 0 ? 0 : Math.abs(order) % wanted.length;
    return { existing, wanted: [...wanted.slice(turn), ...wanted.slice(0, turn)] };
  });

const run = ({ existing, wanted }: Change) => pack(existing, entriesWith(wanted), httpPorts, max);

/** Slices that no packing can leave alone, and those that what comes needs beyond their room. */
function leastWrites({ existing, wanted }: Change): number {
  const byUid = new Map(wanted.map((endpoint) => [endpoint.targetRef.uid, endpoint]));
  const known = new Set(uidsOf(existing));
  const spoiled = existing.filter(({ endpoints }) =>
    endpoints.some(({ targetRef: { uid } }) => byUid.get(uid)?.conditions.ready !== true),
  );
  const staying = spoiled.map(({ endpoints }) => endpoints.filter(({ targetRef: { uid } }) => byUid.has(uid)).length);
  const room = staying.reduce((sum, count) => sum + max - count, 0);
  const come = wanted.filter(({ targetRef: { uid } }) => !known.has(uid)).length;
  return spoiled.length + Math.ceil(Math.max(0, come - room) / max);
}

describe("every packing", () => {
  test("leaves each wanted endpoint in one slice, as it is wanted, and nothing else", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const after = applied(change.existing, run(change));
        const found = after.flatMap(({ endpoints }) => endpoints);
        const byUid = (a: SliceEndpoint, b: SliceEndpoint) => (a.targetRef.uid < b.targetRef.uid ? -1 : 1);
        expect(found.toSorted(byUid)).toEqual(change.wanted.toSorted(byUid));
      }),
    );
  });

  test("puts at most so many into a slice, and keeps no empty one beside others", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const sizes = applied(change.existing, run(change)).map(({ endpoints }) => endpoints.length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(max);
        if (sizes.length > 1) expect(Math.min(...sizes)).toBeGreaterThan(0);
      }),
    );
  });

  test("writes no more slices than it must", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        fc.pre(change.wanted.length > 0);
        const { write, remove } = run(change);
        expect(write.length + remove.length).toBe(leastWrites(change));
      }),
      { numRuns: 300 },
    );
  });

  test("never moves an endpoint from one slice to another", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const slices = new Map(
          change.existing.flatMap(({ metadata: { name }, endpoints }) =>
            endpoints.map(({ targetRef: { uid } }) => [uid, name]),
          ),
        );
        for (const { name, entries } of run(change).write)
          for (const { uid } of entries) expect([undefined, name]).toContain(slices.get(uid));
      }),
    );
  });

  test("names what changed, and only that", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const before = new Map(
          change.existing.flatMap(({ endpoints }) => endpoints).map((entry) => [entry.targetRef.uid, entry]),
        );
        const news = change.wanted.filter(
          ({ targetRef: { uid }, conditions: { ready } }) => before.get(uid)?.conditions.ready !== ready,
        );
        const named = run(change).write.flatMap(({ changed }) => changed);
        expect(named.toSorted()).toEqual(news.map(({ targetRef }) => targetRef.uid).toSorted());
      }),
    );
  });

  test("has nothing to do once it is written, in whatever order the endpoints then come", () => {
    fc.assert(
      fc.property(anyChange, fc.boolean(), (change, isReversed) => {
        const after = applied(change.existing, run(change));
        const wanted = isReversed ? change.wanted.toReversed() : change.wanted;
        expect(pack(after, entriesWith(wanted), httpPorts, max)).toEqual({ write: [], remove: [], goesOn: false });
      }),
    );
  });

  test("writes the endpoints of a slice in the order that they are wanted in", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const order = change.wanted.map(({ targetRef }) => targetRef.uid);
        for (const { entries } of run(change).write) {
          const places = entries.map(({ uid }) => order.indexOf(uid));
          expect(places).toEqual(places.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
