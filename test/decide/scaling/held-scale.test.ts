import { describe, expect, test } from "vitest";
import type { LastScale } from "../../../src/api/status.ts";
import { toTime } from "../../../src/api/time.ts";
import type { Memory } from "../../../src/decide/memory.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { Plan } from "../../../src/decide/planned.ts";
import { decideScale } from "../../../src/decide/scaling/decide-scale.ts";
import { victimCost } from "../../../src/decide/scaling/victims.ts";
import type { RefusedScale } from "../../../src/decide/target.ts";
import type { Observation } from "../../../src/decide/world.ts";
import { loaded, observation, observedAt, pod, pool, reading, sample } from "../../builders/builders.ts";

const hot = (count: number) => Array.from({ length: count }, (_, index) => loaded(`web-${index}`, 90, 90));
const refused = (changes: Partial<RefusedScale> = {}): RefusedScale => ({
  direction: "up",
  reason: "ScaleRefused",
  message: "The API server refuses the new scale: no.",
  since: observedAt - 20_000,
  at: observedAt - 5_000,
  until: observedAt + 10_000,
  ...changes,
});
const scaled = (scaling: object = {}) =>
  pool({ scaling: { maxReplicas: 10, up: { polls: 2, period: "0s" }, ...scaling } });
const decide = (changes: Partial<Observation>) =>
  decideScale(observation({ pool: scaled(), pods: hot(2), ...changes })).decision;

describe("a scale that was refused", () => {
  test("waits until its rest is over, and says so in the API server's words", () => {
    expect(decide({ refusedScale: refused() })).toEqual({
      kind: "hold",
      reason: "ScaleRefused",
      message: "The API server refuses the new scale: no.",
      recommended: 4,
    });
    expect(decide({ refusedScale: refused({ until: observedAt }) })).toMatchObject({ kind: "scale", to: 4 });
  });

  test("of one direction holds nothing back of the other, nor what is only recommended", () => {
    expect(decide({ refusedScale: refused({ direction: "down" }) }).kind).toBe("scale");
    expect(decide({ refusedScale: refused(), pool: scaled({ mode: "Recommend" }) }).kind).toBe("scale");
  });

  test("to the minimum is no other", () => {
    const below = { pool: scaled({ minReplicas: 3 }), refusedScale: refused() };
    expect(decide(below)).toMatchObject({ kind: "hold", reason: "ScaleRefused", recommended: 3 });
  });
});

describe("a drain", () => {
  const names = ["web-0", "web-1", "web-2"];
  const drain = {
    time: toTime(observedAt - 40_000),
    from: 3,
    to: 2,
    message: "2 replicas instead of 3.",
    pods: [{ name: "web-2", uid: "uid-web-2" }],
  };
  /** Idle pods, of which one is drained, marked and empty. */
  const drained = (changes: Partial<Observation>, before?: Memory) => {
    const pods = names.map((name) => ({
      pod: pod(name, name === "web-2" ? { deletionCost: { value: victimCost, ours: true } } : {}),
      reading: reading(sample({ connections: 0, load: 1 })),
    }));
    const down = { window: "10s", drain: "20s", period: "0s" };
    return decideScale(observation({ pool: scaled({ down }), pods, status: { drain }, ...changes }), before);
  };
  const down = (changes: Partial<RefusedScale>) => refused({ direction: "down", ...changes });

  test("goes on for a while when its scale is refused, and is then given up", () => {
    expect(drained({}).decision).toMatchObject({ kind: "scale", from: 3, to: 2 });
    const first = drained({ refusedScale: down({ since: observedAt - 30_000 }) });
    expect(first.decision).toMatchObject({ kind: "hold", reason: "ScaleRefused" });
    expect(first.drain).toEqual(drain);
    const late = drained({ refusedScale: down({ since: observedAt - 31_000 }) });
    expect(late.decision).toMatchObject({
      reason: "DrainUndone",
      message: "web-2 takes traffic again: the API server refuses the new scale: no.",
    });
    expect(late.drain).toBeUndefined();
    expect(late.costs).toHaveLength(1);
  });

  test("is given up at the first refusal when an earlier one was, and not before its own", () => {
    const earlier = { since: observedAt - 300_000, until: observedAt };
    expect(drained({ refusedScale: down({ ...earlier, at: observedAt - 41_000 }) }).decision.kind).toBe("scale");
    expect(drained({ refusedScale: down({ ...earlier, at: observedAt }) }).decision.reason).toBe("DrainUndone");
  });

  test("waits while its pods cannot be taken out of the lists, and is given up when that goes on", () => {
    const slicesProblem = {
      reason: "PublishRefused",
      message: "The API server refuses the endpoint slices: no.",
    } as const;
    const soon = drained({ slicesProblem });
    expect(soon.decision).toMatchObject({ reason: "Draining" });
    expect(soon.decision.message).toContain("web-2 not out of the lists yet");
    expect(soon.costs).toEqual([]);
    const later = drained({ slicesProblem, status: { drain: { ...drain, time: toTime(observedAt - 51_000) } } });
    expect(later.decision.message).toBe("web-2 takes traffic again: they could not be taken out of the lists.");
  });

  test.each([
    ["a scale-down rests", { refusedScale: down({}) }, "ScaleRefused"],
    [
      "slices cannot be written",
      { slicesProblem: { reason: "PublishFailed", message: "No." } as const },
      "SlicesNotWritten",
    ],
  ])("is not begun while %s", (_, changes, reason) => {
    const memory = plan(observation({ pool: scaled(), pods: [] })).memory;
    const slots = [{ index: 0, most: 1 }];
    const basis = JSON.stringify([scaled().spec.metrics, scaled().spec.scaling]);
    const demand = { basis, replicas: 3, since: observedAt - 600_000, seenAt: observedAt - 1_000, slots };
    const seen = { pool: scaled(), status: {} };
    const before = { ...memory, demand };
    expect(drained(seen, before)).toMatchObject({ decision: { reason: "Draining" }, drain: { from: 3 } });
    const held = drained({ ...seen, ...changes }, before);
    expect(held.decision).toMatchObject({ kind: "hold", reason });
    expect(held.drain).toBeUndefined();
  });
});

/** Looks at a workload of hot pods in turn; the scales of the pool are done at once, and told. */
class Series {
  readonly plans: Plan[] = [];
  now = observedAt;
  replicas = 2;
  by = "evenkeel";
  lastScale: LastScale | undefined;
  memory: Memory | undefined;

  look(afterMs: number): Plan {
    this.now += afterMs;
    const pods = hot(this.replicas).map(({ pod, reading }) => ({
      pod,
      reading: { ...reading!, samples: reading!.samples.map((one) => ({ ...one, takenAt: this.now - 50 })) },
    }));
    const { plan: planned, memory } = plan(
      observation({
        now: this.now,
        pool: scaled(),
        pods,
        target: {
          uid: "uid-target",
          replicas: this.replicas,
          replicasBy: { manager: this.by, isOwn: this.by === "evenkeel" },
        },
        status: { ...(this.lastScale && { lastScale: this.lastScale }) },
      }),
      this.memory,
    );
    this.memory = memory;
    this.plans.push(planned);
    const { scale } = planned;
    if (scale.kind === "scale" && scale.act && !this.#isOnItsWay(scale.from)) {
      const { from, to, reason, message, step } = scale;
      this.lastScale = { time: toTime(this.now), from, to, reason, message, step };
      this.replicas = to;
      this.by = "evenkeel";
    }
    return planned;
  }

  /** As long as what was written last may still show, the actor writes nothing. */
  #isOnItsWay(from: number): boolean {
    const last = this.lastScale;
    return last?.from === from && this.now - Date.parse(last.time) < 5_000 && this.memory?.resets?.state === "pending";
  }

  set(replicas: number, by: string): void {
    this.replicas = replicas;
    this.by = by;
  }

  /** Sets replicas back whenever the pool has scaled, looking every second; brings how often it did. */
  setBackFor(ms: number, by: string, afterMs = 1_000): number {
    let scales = 0;
    for (const endsAt = this.now + ms; this.now < endsAt; ) {
      if (this.replicas !== 2) this.set(2, by);
      const before = this.lastScale?.time;
      this.look(afterMs);
      if (this.lastScale?.time !== before) scales += 1;
    }
    return scales;
  }
}

const scalingOf = ({ verdicts }: Plan) => verdicts.find(({ type }) => type === "ScalingActive");

describe("replicas that somebody sets back", () => {
  test("once are scaled again as if nothing had been", () => {
    const series = new Series();
    series.look(0);
    expect(series.replicas).toBe(4);
    series.look(1_000);
    series.set(2, "kubectl");
    expect(series.look(1_000).scale).toMatchObject({ kind: "scale", from: 2, to: 4 });
    expect(scalingOf(series.plans.at(-1)!)).toMatchObject({ status: "True", reason: "LoadAboveLimit" });
  });

  test("each time are fought ever less, and the condition names who does it, how often and what to do", () => {
    const series = new Series();
    expect(series.setBackFor(3_600_000, "argocd-controller")).toBeLessThan(14);
    const last = scalingOf(series.plans.at(-1)!)!;
    expect(last).toMatchObject({ status: "False", reason: "ReplicasReset" });
    expect(last.message).toMatch(
      /^The field manager argocd-controller sets back what this pool scales: from 4 to 2 replicas, \d+ times in \d+ min\. Leave spec\.replicas out of what is applied to the workload, or remove spec\.scaling\./,
    );
  });

  test("so fast that they never show are noticed, too", () => {
    const series = new Series();
    let scales = 0;
    for (let second = 0; second < 120; second += 1) {
      const before = series.lastScale?.time;
      series.look(1_000);
      if (series.lastScale?.time !== before) scales += 1;
      series.set(2, "kubectl-client-side-apply");
    }
    expect(scales).toBeLessThan(8);
    expect(scalingOf(series.plans.at(-1)!)?.message).toContain("The field manager kubectl-client-side-apply");
  });

  test("every ten minutes are named, and scaled again soon", () => {
    const series = new Series();
    expect(series.setBackFor(3_600_000, "kustomize-controller", 600_000)).toBeGreaterThanOrEqual(5);
    expect(scalingOf(series.plans.at(-1)!)).toMatchObject({ status: "False", reason: "ReplicasReset" });
  });

  test("no longer are forgotten after half an hour", () => {
    const series = new Series();
    series.setBackFor(300_000, "argocd-controller");
    series.set(4, "evenkeel");
    series.look(1_000);
    for (let minute = 0; minute < 31; minute += 1) series.look(60_000);
    expect(scalingOf(series.plans.at(-1)!)?.status).toBe("True");
  });

  test("while no operator ran are nobody's fight", () => {
    const series = new Series();
    series.look(0);
    series.look(1_000);
    series.memory = undefined;
    series.set(2, "kubectl");
    series.look(60_000);
    expect(series.memory).toMatchObject({ resets: { state: "over" } });
    expect(series.memory).not.toHaveProperty("resets.row");
  });

  test("to more than was asked for are no reset", () => {
    const series = new Series();
    series.look(0);
    series.look(1_000);
    series.set(8, "kubectl");
    series.look(1_000);
    expect(series.memory).not.toHaveProperty("resets.row");
  });
});
