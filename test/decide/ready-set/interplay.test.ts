import { describe, expect, test } from "vitest";
import { observedAt } from "../../builders/builders.ts";
import { busy, ScaleSeries } from "../../builders/scale-series.ts";
import { createSetSeries, follow, fullIn, type PodFigures, readyIn } from "../../builders/set-series.ts";

const old = { "web-1": 10, "web-2": 10, "web-3": 10, "web-4": 10, "web-5": 10, "web-6": 40 };

describe("fewer replicas", () => {
  const down = { window: "30s", drain: "20s", period: "0s" };
  const scaled = (type: string) => new ScaleSeries({ down }, 6, { publish: { readySet: { type, floor: "Half" } } });
  const pods = busy(3, 3, 3, 3, 3, 12);

  test("take the same pods with a set as without: a pod that is full is no victim for that", () => {
    const [set, all] = [scaled("LeastBusy"), scaled("All")];
    expect(fullIn(set.wait(29_000, pods))).toEqual(["web-6"]);
    all.wait(29_000, pods);
    const [withSet, without] = [set.wait(16_000, pods), all.wait(16_000, pods)];
    expect(set.drain?.pods.length).toBeGreaterThan(0);
    expect(set.drain).toEqual(all.drain);
    expect(set.drain?.pods.map(({ name }) => name)).not.toContain("web-6");
    expect(withSet.scale).toEqual(without.scale);
  });

  test("have no victim in the set, and the floor is of all that are ready", () => {
    const set = scaled("LeastBusy");
    const planned = set.wait(45_000, pods);
    const victims = set.drain!.pods.map(({ name }) => name);
    expect(readyIn(planned).filter((name) => victims.includes(name))).toEqual([]);
    expect(planned.readySet).toMatchObject({ floor: 3, able: 6 - victims.length });
    expect(readyIn(planned).length).toBeGreaterThanOrEqual(3);
  });
});

describe("a rollout", () => {
  test("brings each new pod in at once and takes each old one out, full ones among them, and the floor holds", () => {
    const series = createSetSeries();
    expect(fullIn(follow(series, 0, 25_000, old))).toEqual(["web-6"]);
    const pods: Record<string, PodFigures> = { ...old };
    const names = Object.keys(old);
    let afterMs = 26_000;
    for (const [index, name] of names.entries()) {
      const fresh = `web-${index + 11}`;
      pods[fresh] = { isUnread: true, pod: { readyChangedAt: observedAt + afterMs } };
      expect(readyIn(series.at(afterMs, pods))).toContain(fresh);
      pods[fresh] = 0;
      pods[name] = { connections: 10, pod: { terminating: true, ready: true } };
      const plan = series.at(afterMs + 500, pods);
      expect(readyIn(plan)).not.toContain(name);
      expect(fullIn(plan)).not.toContain(name);
      expect(readyIn(plan).length).toBeGreaterThanOrEqual(4);
      delete pods[name];
      follow(series, afterMs + 1_000, afterMs + 3_000, pods);
      afterMs += 4_000;
    }
    expect(series.at(afterMs, pods).readySet).toMatchObject({ able: 6 });
  });
});

describe("health", () => {
  test("and balance together keep to the floor: what is set aside is not published, and counts", () => {
    const probe = { type: "TCP" };
    const metrics = { source: { http: { connections: { name: "open" } } }, probe };
    const series = createSetSeries({}, { metrics, health: { minimumAvailablePercent: 0 } });
    const aside = (plan: ReturnType<typeof follow>) => plan.excluded.map(({ pod }) => pod);
    const down = {
      at: observedAt,
      times: [],
      failure: "ConnectFailed",
      failures: 9,
      successes: 0,
      isDown: true,
    } as const;
    follow(series, 0, 25_000, old);
    const plan = series.at(26_000, {
      ...old,
      "web-1": { connections: 10, probe: down },
      "web-2": { connections: 10, probe: down },
    });
    expect(aside(plan)).toEqual(["web-1", "web-2"]);
    // Four of six are to be published, and four are left, the full one among them.
    expect(plan.readySet).toMatchObject({ floor: 4, able: 4, size: 4 });
    expect(readyIn(plan)).toEqual(["web-3", "web-4", "web-5", "web-6"]);
  });
});

test("two pools of the same pods each have a set of their own", () => {
  const [first, second] = [createSetSeries(), createSetSeries({ floor: "Half" })];
  const turned = { ...old, "web-1": 40, "web-6": 10 };
  expect(fullIn(follow(first, 0, 25_000, old))).toEqual(["web-6"]);
  expect(fullIn(follow(second, 0, 25_000, turned))).toEqual(["web-1"]);
  expect(fullIn(first.at(26_000, old))).toEqual(["web-6"]);
});

test("a pod that is drained goes even if it is the last of its node, of which balance alone would leave one in", () => {
  const on = (node: string, connections: number, drainRequested = false) => ({
    connections,
    pod: { node, drainRequested },
  });
  const fleet = (isDrained: boolean) => ({
    "web-1": on("node-1", 10),
    "web-2": on("node-1", 10),
    "web-3": on("node-1", 10),
    "web-4": on("node-2", 60, isDrained),
  });
  const series = createSetSeries();
  const changes = { keepsOne: ["node"] as const };
  expect(readyIn(follow(series, 0, 40_000, fleet(false), changes))).toContain("web-4");
  expect(readyIn(follow(series, 41_000, 42_000, fleet(true), changes))).toEqual(["web-1", "web-2", "web-3"]);
});
