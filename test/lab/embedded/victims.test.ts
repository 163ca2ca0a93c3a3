import { describe, expect, it } from "vitest";
import { orderVictims } from "../../../src/lab/embedded/controllers/victims.ts";
import type { StoredObject } from "../../../src/lab/embedded/object/stored-object.ts";

interface Parts {
  readonly ready?: string;
  readonly cost?: string;
  readonly phase?: string;
  readonly node?: string;
  readonly created?: string;
  readonly restarts?: number;
  readonly uid?: string;
}

const made = (name: string, parts: Parts = {}): StoredObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    uid: parts.uid ?? name,
    creationTimestamp: parts.created ?? "2026-01-01T00:00:00Z",
    annotations: parts.cost === undefined ? {} : { "controller.kubernetes.io/pod-deletion-cost": parts.cost },
  },
  spec: { nodeName: parts.node ?? "n" },
  status: {
    phase: parts.phase ?? "Running",
    conditions: parts.ready === undefined ? [] : [{ type: "Ready", status: "True", lastTransitionTime: parts.ready }],
    containerStatuses: [{ restartCount: parts.restarts ?? 0 }],
  },
});
const day = (number: number) => `2026-01-${String(number).padStart(2, "0")}T00:00:00Z`;
const now = Date.parse(day(31));
const names = (pods: readonly StoredObject[]) => pods.map(({ metadata }) => metadata.name);
const order = (pods: readonly StoredObject[]) => names(orderVictims(pods.toReversed(), now));

describe("victims of scaling down", () => {
  it("come in the real controller's order", () => {
    const ordered = [
      made("unscheduled", { node: "", phase: "Pending" }),
      made("pending", { phase: "Pending" }),
      made("lost", { phase: "Unknown" }),
      made("unready", { cost: "100" }),
      made("cheap", { ready: day(1), cost: "-1" }),
      made("ready-late", { ready: day(30) }),
      made("restarted", { ready: day(2), restarts: 3 }),
      made("young", { ready: day(2), created: day(29) }),
      made("old", { ready: day(2), created: day(1) }),
      made("alone", { ready: day(30), node: "other" }),
      made("dear", { ready: day(30), cost: "7" }),
    ];
    expect(order(ordered)).toEqual(names(ordered));
  });

  it("of about one age are told apart by their UIDs", () => {
    const pods = [made("b", { ready: day(2), uid: "1" }), made("a", { ready: day(3), uid: "2" })];
    expect(order(pods)).toEqual(["b", "a"]);
  });

  it("are not told apart by a cost that is no number of 32 bits", () => {
    for (const cost of ["", "-1e3", "+1", "01", "-2147483649", "cheap"])
      expect(order([made("late", { ready: day(30) }), made("marked", { ready: day(1), cost })])).toEqual([
        "late",
        "marked",
      ]);
    expect(order([made("marked", { ready: day(1), cost: "-2147483648" }), made("late", { ready: day(30) })])).toEqual([
      "marked",
      "late",
    ]);
  });
});
