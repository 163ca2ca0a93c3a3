import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Packing, pack } from "../../src/act/pack.ts";
import { entriesOf, type Slice, type SliceEntry, withEntries } from "../../src/act/slice.ts";
import { formOf } from "../../src/act/slice-form.ts";
import { endpointOf, httpPorts, sliceOf } from "./slices.ts";

// From slices that pods share to one slice for each, as Cilium's weights need, and back.

const forms = { shared: formOf(undefined), onePerPod: formOf(new Map()) };
type Form = keyof typeof forms;

const entriesFor = (form: Form, names: readonly string[]): SliceEntry[] =>
  names.map((name) => {
    const entry = { uid: `uid-${name}`, endpoint: endpointOf(name) };
    return form === "shared" ? entry : { ...entry, weight: 100 };
  });

const step = (existing: readonly Slice[], form: Form, names: readonly string[]): Packing =>
  pack(existing, entriesFor(form, names), httpPorts, forms[form].max, () => true, forms[form].isLeaving);

const namesIn = (slices: readonly Slice[]): string[] =>
  slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef.name));

/** Every state that the API server goes through while a packing is written, the removals at any place among the writes. */
function statesOf(existing: readonly Slice[], { write, remove }: Packing, order: number): Slice[][] {
  const slices = new Map(existing.map((slice) => [slice.metadata.name, slice]));
  const operations = [
    ...write.map(({ name, entries }) => () => {
      let free = 1;
      while (slices.has(`new-${free}`)) free += 1;
      const given = name ?? `new-${free}`;
      slices.set(given, withEntries(sliceOf(given, []), entries, "NotReady"));
    }),
    ...remove.map((name) => () => slices.delete(name)),
  ];
  const turn = operations.length === 0 ? 0 : order % operations.length;
  const states: Slice[][] = [];
  for (const operation of [...operations.slice(turn), ...operations.slice(0, turn)]) {
    operation();
    states.push([...slices.values()]);
  }
  return states;
}

/** Packs until nothing is left to do; brings every state in between. */
function settle(existing: readonly Slice[], form: Form, names: readonly string[], order: number): Slice[][] {
  const all: Slice[][] = [];
  let current: readonly Slice[] = existing;
  let goesOn: boolean | undefined;
  for (let round = 0; round < 5; round += 1) {
    const packing = step(current, form, names);
    const isSettled = packing.write.length === 0 && packing.remove.length === 0;
    // Who writes it looks again exactly when there is more to write.
    if (goesOn !== undefined) expect(goesOn).toBe(!isSettled);
    if (isSettled) return all;
    ({ goesOn } = packing);
    const states = statesOf(current, packing, order);
    all.push(...states);
    current = states.at(-1)!;
  }
  throw new Error("it does not settle");
}

const pods = (count: number) => Array.from({ length: count }, (_, index) => `pod-${index}`);

describe.each([
  ["to a slice for each pod", "shared", "onePerPod"],
  ["back to slices that pods share", "onePerPod", "shared"],
] as const)("%s", (_, before, after) => {
  test("no pod that stays is missing for a moment, whatever order the writes come in, and none is there twice in the end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(3), fc.nat(3), fc.nat(50), (count, gone, come, order) => {
        const existing = settle([], before, pods(count), 0).at(-1)!;
        const staying = pods(count).slice(Math.min(gone, count - 1));
        const wanted = [...staying, ...Array.from({ length: come }, (__, index) => `new-pod-${index}`)];
        const states = settle(existing, after, wanted, order);
        for (const state of states) for (const name of staying) expect(namesIn(state)).toContain(name);
        const last = states.at(-1) ?? existing;
        expect(namesIn(last).toSorted()).toEqual(wanted.toSorted());
        const weights = last.flatMap(entriesOf).map(({ weight }) => weight);
        expect(new Set(weights)).toEqual(new Set([after === "shared" ? undefined : 100]));
      }),
    );
  });
});

test("what leaves follows its pods until it goes", () => {
  const shared = sliceOf("web-1", [endpointOf("a"), endpointOf("b"), endpointOf("c")]);
  const wanted = entriesFor("onePerPod", ["a", "b"]).map((entry) =>
    entry.uid === "uid-b" ? { ...entry, endpoint: endpointOf("b", { ready: false }) } : entry,
  );
  const { write, remove } = pack([shared], wanted, httpPorts, 1, () => true, forms.onePerPod.isLeaving);
  expect(remove).toEqual([]);
  const [leaving] = write.filter(({ name }) => name === "web-1");
  expect(leaving?.entries.map(({ uid, endpoint }) => [uid, endpoint?.conditions.ready])).toEqual([
    ["uid-a", true],
    ["uid-b", false],
  ]);
  expect(write.filter(({ name }) => name === undefined).length).toBe(2);
});

test("a weight alone is written to the slice of its pod alone", () => {
  const existing = settle([], "onePerPod", pods(4), 0).at(-1)!;
  const wanted = entriesFor("onePerPod", pods(4)).map((entry, index) =>
    index === 2 ? { ...entry, weight: 40 } : entry,
  );
  const { write, remove } = pack(existing, wanted, httpPorts, 1, () => true, forms.onePerPod.isLeaving);
  expect(remove).toEqual([]);
  expect(write.map(({ changed }) => changed)).toEqual([["uid-pod-2"]]);
});
