import { expect, test } from "vitest";
import { plan } from "../../../src/decide/plan.ts";
import type { ExplanationDocument, ProblemDocument } from "../../../src/serve/documents.ts";
import { connected, observation, unmeasured } from "../../builders/builders.ts";
import { knownPool } from "../known.ts";
import { serveFeed } from "../serving.ts";

async function start() {
  const { feed, server } = await serveFeed();
  const seen = observation({
    pods: [connected("web-1", 4), connected("web-2", 16), unmeasured("web-3", { ready: false })],
  });
  feed.set({ ...knownPool("shop", "web", plan(seen).plan), observation: seen });
  return (path: string) => fetch(`${server.url}${path}`);
}

test("the arithmetic of the latest plan, as JSON", async () => {
  const get = await start();
  const response = await get("/v1/pools/shop/web/explain");
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
  const document = (await response.json()) as ExplanationDocument;
  expect(document).toMatchObject({
    namespace: "shop",
    name: "web",
    generation: 1,
    plannedAt: "2026-01-02T03:04:05.000Z",
    strategy: "LeastConnections",
    order: "fewest connections first",
    coverage: { expected: 2, fresh: 2 },
    weights: { state: "computed", computedAgoMs: 0 },
    excluded: [{ pod: "web-3", reason: "NotReady" }],
    scaling: { kind: "hold", reason: "NotScaled", lines: [] },
  });
  expect(document.pods.map(({ pod, rank, keys }) => [pod, rank, keys])).toEqual([
    ["web-1", 1, [4]],
    ["web-2", 2, [16]],
  ]);
  // The mean is 10 connections: sqrt(11 / 5) and sqrt(11 / 17) of an even share, half the way by ratio.
  const [first, second] = document.pods.map(({ lines }) => lines.find(({ name }) => name === "weight")!);
  expect(first).toMatchObject({ formula: "sqrt(before * share)", numbers: { before: 1 } });
  expect([first!.result, second!.result]).toEqual([
    expect.closeTo((11 / 5) ** 0.25, 9),
    expect.closeTo((11 / 17) ** 0.25, 9),
  ]);
});

test("the same as text", async () => {
  const get = await start();
  const response = await get("/v1/pools/shop/web/explain?format=text");
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  await expect(await response.text()).toMatchFileSnapshot("testdata/explain.txt");
});

test.each([
  ["/v1/pools/shop/web/explain?format=xml", 400, "ParameterInvalid"],
  ["/v1/pools/shop/web/explain?format=json&format=text", 400, "ParameterInvalid"],
  ["/v1/pools/shop/wbe/explain", 404, "PoolUnknown"],
])("%s is refused", async (path, status, reason) => {
  const get = await start();
  const response = await get(path);
  expect([response.status, ((await response.json()) as ProblemDocument).reason]).toEqual([status, reason]);
});
