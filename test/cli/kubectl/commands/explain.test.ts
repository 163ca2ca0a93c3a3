import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExplanationDocument } from "../../../../src/serve/documents.ts";
import { type Ended, Plugin } from "../plugin.ts";

const explanation = (name: string, message: string): ExplanationDocument => ({
  namespace: "shop",
  name,
  generation: 1,
  plannedAt: "2026-03-01T12:00:00.000Z",
  strategy: "RoundRobin",
  order: "in turn",
  coverage: { expected: 0, fresh: 0, failures: [] },
  readySet: { type: "All", message: "", lines: [] },
  weights: { state: "computed", message, lines: [] },
  pods: [],
  excluded: [],
  scaling: { kind: "hold", reason: "NotScaled", message: "", lines: [] },
});

// Each test starts a process.
type Answer = readonly [status: number, body: unknown];

const status = (code: number, message: string): Answer => [code, { kind: "Status", apiVersion: "v1", code, message }];
const foreign = status(500, "\x1b]0;owned\x07\x9b2Jgone\nkubectl evenkeel: all is well");

/** What the Services behind the API server's proxy answer, by their namespaces, in the order of the list. */
let operators: Readonly<Record<string, Answer>>;
/** Namespaces in which Services may be listed, where that is not everywhere. */
let readable: readonly string[] | undefined;
let selectors: (string | null)[] = [];
let api: Server;
let plugin: Plugin;
let config: string;

function answer(path: string, query: URLSearchParams): Answer {
  const looked = /^\/api\/v1\/(?:namespaces\/([\w-]+)\/)?services$/.exec(path);
  if (looked) {
    const [, within] = looked;
    if (readable && !readable.includes(within ?? "")) return status(403, "no");
    selectors.push(query.get("labelSelector"));
    const there = Object.keys(operators).filter((namespace) => within === undefined || namespace === within);
    const items = there.map((namespace) => ({
      metadata: { namespace, name: "evenkeel", resourceVersion: "1" },
      spec: { ports: [{ name: "http", port: 80 }] },
    }));
    return [200, { kind: "ServiceList", apiVersion: "v1", metadata: { resourceVersion: "1" }, items }];
  }
  const asked = /^\/api\/v1\/namespaces\/(\w+)\/services\/http:evenkeel:http\/proxy\/v1\/pools\//.exec(path)?.[1];
  return operators[asked ?? ""] ?? status(404, "not found");
}

beforeAll(async () => {
  api = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://api");
    const [code, body] = answer(decodeURIComponent(pathname), searchParams);
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  plugin = await Plugin.build();
  config = await plugin.kubeconfig(`http://127.0.0.1:${(api.address() as AddressInfo).port}`, "shop");
});

afterAll(async () => {
  api?.close();
  await plugin?.remove();
});

function explain(answers: typeof operators, mayList?: readonly string[]): Promise<Ended> {
  operators = answers;
  readable = mayList;
  selectors = [];
  return plugin.run(["explain", "web", "--kubeconfig", config]);
}

test.each<[string, Answer]>([
  ["may not be asked", status(403, "no")],
  ["is away", status(503, "no endpoints available")],
  ["wants other credentials", [401, {}]],
  ["tells of another pool", [200, explanation("other", "wrong")]],
  ["tells something else", [200, { namespace: "shop", name: "web", weights: "\x9b2J" }]],
  ["says null", [200, null]],
])("goes on to the next Service when one %s", async (_, first) => {
  const { code, stdout, stderr } = await explain({ a: first, z: [200, explanation("web", "right")] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Weights: right\n");
  expect(selectors).toEqual(["app.kubernetes.io/name=evenkeel,app.kubernetes.io/component=api"]);
});

test("asks where the operator usually is first", async () => {
  const answers: typeof operators = {
    a: [200, explanation("web", "foreign")],
    evenkeel: [200, explanation("web", "own")],
  };
  expect((await explain(answers)).stdout).toContain("Weights: own\n");
});

test.each<[Answer, string]>([
  [
    status(403, "no"),
    "may not reach the operator through the API server (get services/proxy of http:evenkeel:http in a): ask for the chart's Role evenkeel-explain",
  ],
  [
    status(503, "no endpoints"),
    "does not answer behind its Service a/http:evenkeel:http (no endpoints): is it running?",
  ],
  [[200, explanation("other", "wrong")], "the Service a/http:evenkeel:http does not answer as the operator would: "],
])("tells the first failure when none answers: %#", async (first, message) => {
  const { code, stdout, stderr } = await explain({ a: first, z: status(403, "no") });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(message);
});

test.each([["evenkeel"], ["shop"]])("finds the operator in %s without the right to look everywhere", async (home) => {
  const { code, stdout } = await explain(
    { a: [200, explanation("web", "foreign")], [home]: [200, explanation("web", "own")] },
    [home],
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("Weights: own\n") });
});

test.each([
  [
    [],
    "in evenkeel, shop, all namespaces: ask for the chart's Role evenkeel-explain (kubectl create rolebinding NAME --namespace evenkeel ",
  ],
  [
    ["evenkeel"],
    "in shop, all namespaces: ask for the chart's Role evenkeel-explain (kubectl create rolebinding NAME --namespace NAMESPACE ",
  ],
])("says where it may not look: %j", async (mayList, message) => {
  const { code, stderr } = await explain({ a: [200, explanation("web", "unseen")] }, mayList);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
});

test("a foreign Service says one harmless line", async () => {
  const { code, stdout, stderr } = await explain({ a: foreign });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /^kubectl evenkeel: the operator cannot explain shop\/web: [^\p{Cc}]*gone kubectl[^\p{Cc}]*\n$/u,
  );
});
