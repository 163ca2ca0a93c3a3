import { expect, test } from "vitest";
import { plan } from "../../../src/decide/plan.ts";
import { connected, observation } from "../../builders/builders.ts";
import { explain } from "../../builders/explain.ts";

const processorMicroseconds = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** Some systems tell processor time in ticks of some milliseconds: many together are told well enough. */
const enough = 150_000;

/** The processor time per pod: what else the machine does is not in it. */
function microsecondsPerPod(count: number): number {
  const pods = Array.from({ length: count }, (_, index) => connected(`web-${index + 1}`, index % 40));
  const seen = observation({ pods });
  const made = plan(seen).plan;
  const before = processorMicroseconds();
  for (let runs = 1; ; runs += 1) {
    explain(seen, made);
    const spent = processorMicroseconds() - before;
    if (spent >= enough) return spent / (runs * count);
  }
}

test("a pod takes as long to explain among many as among few", () => {
  microsecondsPerPod(200);
  const [few, many] = [microsecondsPerPod(250), microsecondsPerPod(4_000)];
  // Looked up among all others for each of its lines, it would take sixteen times as long.
  expect(many).toBeLessThan(4 * few);
});
