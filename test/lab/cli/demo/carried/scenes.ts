import type { CarriedRow, CarriedScene } from "../../../../../src/lab/cli/demo/carried/scene.ts";

export const row = (pod: string, weight: number, traffic: number, more: Partial<CarriedRow> = {}): CarriedRow => ({
  pod,
  isOut: false,
  weight,
  traffic,
  reason: "4 connections, mean 5.2",
  state: "",
  ...more,
});

export const scene = (more: Partial<CarriedScene> = {}): CarriedScene => ({
  carrier: "HAProxy",
  pool: "default/web",
  strategy: "LeastConnections",
  elapsedMs: 24_400,
  endsAtMs: 60_900,
  rows: [
    row("fast-7d9c5b6f4-aaaaa", 24.6, 25.1),
    row("fast-7d9c5b6f4-bbbbb", 25.2, 24.4),
    row("fast-7d9c5b6f4-ccccc", 2.4, 1.9, { isOut: true, reason: "Draining" }),
    row("slow-65f88d4b9-ddddd", 24.1, 24.9),
    row("slow-65f88d4b9-eeeee", 23.7, 23.7),
  ],
  answered: 3_412,
  failed: 0,
  events: [{ atMs: 22_000, message: "fast-7d9c5b6f4-ccccc is drained: kubectl evenkeel drain" }],
  trouble: undefined,
  carrierUrl: "http://127.0.0.1:40800",
  kubeconfig: "/tmp/evenkeel-Xy12Zw/config",
  operatorUrl: "http://127.0.0.1:40123",
  pageUrl: "http://127.0.0.1:8081",
  ...more,
});
