import { describe, expect, it } from "vitest";
import { createEdfPicker, type Phases } from "../../../src/lab/sim/pick-edf.ts";
import { createRandomPicker } from "../../../src/lab/sim/pick-random.ts";
import type { Picker } from "../../../src/lab/sim/policy.ts";
import { Random } from "../../../src/lab/sim/random.ts";

const weights = Float64Array.of(5, 1, 0, 2, 2);

function count(picker: Picker, picks: number): number[] {
  const counts = Array<number>(weights.length).fill(0);
  for (let pick = 0; pick < picks; pick += 1) counts[picker.pick()]! += 1;
  return counts;
}

const edf = (phases: Phases, schedulers = 1): Picker =>
  createEdfPicker({ pods: weights.length, schedulers, phases, random: new Random(1, 0) });

describe("earliest deadline first", () => {
  it("is exact: over any stretch each pod has its share, to within two picks", () => {
    const picker = edf("drawn");
    picker.install(weights);
    for (let stretch = 0; stretch < 50; stretch += 1) {
      for (const [pod, picks] of count(picker, 37 + stretch).entries())
        expect(Math.abs(picks - ((37 + stretch) * weights[pod]!) / 10)).toBeLessThan(2);
    }
  });

  it("never picks weight 0", () => {
    const picker = edf("drawn", 3);
    picker.install(weights);
    expect(count(picker, 5_000)[2]).toBe(0);
  });

  it("keeps exact shares over any number of publications of the same weights when phases are kept", () => {
    const picker = edf("kept");
    const counts = Array<number>(weights.length).fill(0);
    for (let round = 0; round < 1_000; round += 1) {
      picker.install(weights);
      for (const [pod, picks] of count(picker, 3).entries()) counts[pod]! += picks;
    }
    for (const [pod, picks] of counts.entries()) expect(Math.abs(picks - 300 * weights[pod]!)).toBeLessThan(2);
  });

  it("is biased to the mean when few picks follow each drawing of phases", () => {
    const picker = edf("drawn");
    let heavy = 0;
    for (let round = 0; round < 3_000; round += 1) {
      picker.install(weights);
      heavy += count(picker, 1)[0]!;
    }
    expect(heavy / 3_000).toBeGreaterThan(0.52);
  });

  it("takes a pod in that had weight 0", () => {
    const picker = edf("kept");
    picker.install(weights);
    count(picker, 20);
    picker.install(Float64Array.of(1, 1, 1, 1, 1));
    expect(count(picker, 5_000).every((picks) => Math.abs(picks - 1_000) < 3)).toBe(true);
  });
});

describe("random picks", () => {
  it("follow the weights", () => {
    const picker = createRandomPicker(weights.length, new Random(1, 0));
    picker.install(weights);
    for (const [pod, picks] of count(picker, 100_000).entries())
      expect(Math.abs(picks - 10_000 * weights[pod]!)).toBeLessThan(4 * Math.sqrt(10_000 * weights[pod]!) + 1);
  });

  it("are even before anything is published", () => {
    const counts = count(createRandomPicker(weights.length, new Random(1, 0)), 50_000);
    expect(counts.every((picks) => Math.abs(picks - 10_000) < 500)).toBe(true);
  });
});
