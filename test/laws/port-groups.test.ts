import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Packing, pack } from "../../src/act/pack.ts";
import type { Slice, SliceEntry, SlicePort } from "../../src/act/slice.ts";
import { withEntries } from "../../src/act/slice.ts";
import { endpointOf, sliceOf } from "../act/slices.ts";

// Pods of one pool may have its ports at different numbers: those with the same share slices.

const max = 3;
const portsAt = (port: number): readonly SlicePort[] => [{ name: "http", port, protocol: "TCP" }];
const numbers = [8080, 8090, 9000] as const;
const lists = new Map(numbers.map((port) => [port, portsAt(port)]));

interface PodAt {
  readonly name: string;
  readonly port: (typeof numbers)[number];
}

const entriesFor = (pods: readonly PodAt[]): SliceEntry[] =>
  pods.map(({ name, port }) => ({ uid: `uid-${name}`, endpoint: endpointOf(name), ports: lists.get(port)! }));

const step = (existing: readonly Slice[], pods: readonly PodAt[]): Packing =>
  pack(existing, entriesFor(pods), portsAt(1), max);

/** Every state that the API server goes through while a packing is written, from any place among the writes on. */
function statesOf(existing: readonly Slice[], { write, remove }: Packing, order: number): Slice[][] {
  const slices = new Map(existing.map((slice) => [slice.metadata.name, slice]));
  const operations = [
    ...write.map(({ name, entries, ports }) => () => {
      let free = 1;
      while (slices.has(`new-${free}`)) free += 1;
      const given = name ?? `new-${free}`;
      slices.set(given, withEntries({ ...sliceOf(given, []), ports }, entries, "NotReady"));
    }),
    ...remove.map((name) => () => slices.delete(name)),
  ];
  const turn = operations.length === 0 ? 0 : order % operations.length;
  return [...operations.slice(turn), ...operations.slice(0, turn)].map((operation) => {
    operation();
    return [...slices.values()];
  });
}

/** Packs until nothing is left to do; brings every state in between. */
function settle(existing: readonly Slice[], pods: readonly PodAt[], order: number): Slice[][] {
  const all: Slice[][] = [];
  let current = existing;
  for (let round = 0; round < 6; round += 1) {
    const packing = step(current, pods);
    if (packing.write.length === 0 && packing.remove.length === 0) return all;
    const states = statesOf(current, packing, order);
    all.push(...states);
    current = states.at(-1)!;
  }
  throw new Error("it does not settle");
}

const placesIn = (slices: readonly Slice[]): string[] =>
  slices.flatMap(({ endpoints, ports }) => endpoints.map(({ targetRef }) => `${targetRef.name}:${ports[0]!.port}`));
const namesIn = (slices: readonly Slice[]): Set<string> =>
  new Set(slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef.name)));

const anyPods = fc
  .array(fc.constantFrom(...numbers), { maxLength: 10 })
  .map((ports) => ports.map((port, index): PodAt => ({ name: `pod-${index}`, port })));

describe("slices of pods that have the pool's ports at numbers of their own", () => {
  test("have in the end each pod once, in a slice with its ports, and at most so many", () => {
    fc.assert(
      fc.property(anyPods, anyPods, fc.nat(50), (before, after, order) => {
        const existing = settle([], before, 0).at(-1)!;
        const last = settle(existing, after, order).at(-1) ?? existing;
        expect(placesIn(last).toSorted()).toEqual(after.map(({ name, port }) => `${name}:${port}`).toSorted());
        if (last.length > 1) for (const { endpoints } of last) expect(endpoints.length).toBeGreaterThan(0);
        for (const { endpoints } of last) expect(endpoints.length).toBeLessThanOrEqual(max);
      }),
    );
  });

  test("have a pod that stays at every moment, whatever order the writes come in, though its number changes", () => {
    fc.assert(
      fc.property(anyPods, anyPods, fc.nat(50), (before, after, order) => {
        const existing = settle([], before, 0).at(-1)!;
        const staying = before.filter(({ name }) => after.some((pod) => pod.name === name));
        for (const state of settle(existing, after, order))
          for (const { name } of staying) expect(namesIn(state)).toContain(name);
      }),
    );
  });

  test("have a pod whose number stays at no other one", () => {
    fc.assert(
      fc.property(anyPods, anyPods, fc.nat(50), (before, after, order) => {
        const existing = settle([], before, 0).at(-1)!;
        const same = before.filter(({ name, port }) => after.some((pod) => pod.name === name && pod.port === port));
        for (const state of settle(existing, after, order)) {
          const places = placesIn(state);
          for (const { name, port } of same) {
            expect(places).toContain(`${name}:${port}`);
            expect(places.filter((place) => place.startsWith(`${name}:`)).length).toBe(1);
          }
        }
      }),
    );
  });

  test("are written in place where all of a slice's pods have other numbers now", () => {
    const pods = (port: PodAt["port"]): PodAt[] => ["a", "b"].map((name) => ({ name, port }));
    const existing = settle([], pods(8080), 0).at(-1)!;
    const { write, remove } = step(existing, pods(8090));
    expect([write.map(({ name, ports }) => [name, ports]), remove]).toEqual([[["new-1", portsAt(8090)]], []]);
  });
});
