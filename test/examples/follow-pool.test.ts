import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createFeed, type Feed } from "../../src/serve/feed.ts";
import { endpointOf, knownPool, plannedOn } from "../serve/known.ts";
import { serveFeed } from "../serve/serving.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { findGoProblem } from "../tools/go-build.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";

const examples = join(import.meta.dirname, "../../examples");
const hasPython = requirePart("python3", findProgram("python3") !== undefined);
const goProblem = await findGoProblem(join(examples, "go"), "the example in Go");
const hasGo = requirePart(`Go (${goProblem ?? ""})`, goProblem === undefined);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evenkeel-examples-"));
  if (hasGo)
    await promisify(execFile)("go", ["build", "-o", join(folder, "follow"), "."], { cwd: join(examples, "go") });
});
afterAll(() => rm(folder, { recursive: true }));

const programs = [
  { name: "Python", isThere: hasPython, command: () => ["python3", join(examples, "python", "follow_pool.py")] },
  { name: "Go", isThere: hasGo, command: () => [join(folder, "follow")] },
];

const put = (feed: Feed, weights: Readonly<Record<string, number>>): void => {
  const endpoints = Object.entries(weights).map(([name, weight], index) => endpointOf(name, index + 1, { weight }));
  feed.set(plannedOn(knownPool("shop", "checkout", { endpoints }), Date.now()));
};

function start([program, ...args]: readonly string[], url: string) {
  const child = spawn(program!, [...args, url], { stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => void child.kill());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (count: number): Promise<Record<string, number>> => {
    child.stdin.write("\n".repeat(count));
    const counts: Record<string, number> = {};
    for (let n = 0; n < count; n += 1) {
      const value = String((await lines.next()).value);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    return counts;
  };
}

describe.each(programs)("the example in $name", ({ isThere, command }) => {
  test.skipIf(!isThere)("spreads by weight, follows the list, and keeps it while the operator is away", async () => {
    const options = { now: Date.now, limits: { gapMs: 1, heartbeatMs: 100, closeMs: 100 } };
    const [port = 0] = await findFreePorts(1);
    const first = await serveFeed({ feed: createFeed(), port, ...options });
    put(first.feed, { a: 1_500, b: 500 });
    const next = start(command(), first.poolUrl);
    const [a, b] = first.feed.get("shop/checkout")!.plan.endpoints.map(({ address }) => `${address}:8080`);
    const counts = await next(400);
    expect(Object.keys(counts).sort()).toEqual([a, b].sort());
    expect(Math.abs(counts[a!]! - 300)).toBeLessThanOrEqual(2);

    put(first.feed, { a: 1_000 });
    // By the list before, one of four is the other.
    await expect.poll(() => next(4)).toEqual({ [a!]: 4 });
    await first.server.stop();
    expect(await next(10)).toEqual({ [a!]: 10 });

    const second = await serveFeed({ feed: createFeed(), port, ...options });
    put(second.feed, { a: 1_000, b: 1_000 });
    await expect.poll(() => next(4)).toEqual({ [a!]: 2, [b!]: 2 });
  });
});
