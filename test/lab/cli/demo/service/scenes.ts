import type { RowPod, ServiceRow, ServiceScene } from "../../../../../src/lab/cli/demo/service/scene.ts";
import { spreadOver } from "../../../../../src/lab/cli/demo/service/spread.ts";

const pod = (connections: number, index: number): RowPod => ({
  pod: `web-${index}`,
  connections: Math.abs(connections),
  // Below zero: full for now.
  isFull: Object.is(Math.sign(connections), -1),
});

/** A row of pods with so many connections each; one that is full for now has them negative. */
export function row(service: string, connections: readonly number[], more: Partial<ServiceRow> = {}): ServiceRow {
  const pods = connections.map(pod);
  const counts = pods.map((one) => one.connections);
  const spread = spreadOver(counts);
  return {
    service,
    setting: "readySet: All",
    pods,
    ready: pods.filter(({ isFull }) => !isFull).length,
    mean: spread?.mean ?? 0,
    spread,
    history: [0.21, 0.2, 0.22, 0.24, 0.23, 0.21, 0.19, 0.2],
    traffic: { open: counts.reduce((sum, count) => sum + count, 0), opened: 412, failed: 0 },
    ...more,
  };
}

const plain = row("plain", [21, 29, 24, 16, 24, 26, 24, 17, 36, 23]);
const leastBusy = row("least-busy", [24, -26, 24, 22, 24, -26, 24, 23, -27, 23], {
  setting: "readySet: LeastBusy",
  history: [0.21, 0.2, 0.18, 0.15, 0.12, 0.1, 0.09, 0.07],
});

export const scene = (more: Partial<ServiceScene> = {}): ServiceScene => ({
  elapsedMs: 24_400,
  endsAtMs: 60_900,
  holdMs: 24_000,
  periodMs: 2_000,
  rows: [plain, leastBusy],
  events: [{ atMs: 22_000, message: "5 pods join each Service: 10 -> 15" }],
  trouble: undefined,
  kubeconfig: "/tmp/evenkeel-Xy12Zw/config",
  operatorUrl: "http://127.0.0.1:40123",
  pageUrl: "http://127.0.0.1:8081",
  ...more,
});
