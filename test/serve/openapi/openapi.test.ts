import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test, vi } from "vitest";
import { operations } from "../../../src/serve/openapi/operations.ts";
import { schemas } from "../../../src/serve/openapi/schemas.ts";
import { spans } from "../../../src/serve/page/rings.ts";
import { problemDocument } from "../../../src/serve/problem-document.ts";
import { adviceToScale, knownPool } from "../known.ts";
import { knownPush } from "../known-push.ts";
import { serveFeed } from "../serving.ts";
import { readStream } from "../watch/read-stream.ts";
import { routesOf, startBoth } from "./answering.ts";

const published = async () => (await import("../../../docs/openapi.json", { with: { type: "json" } })).default;

const documented = (onPage: boolean) =>
  Object.entries(operations)
    .filter(([, methods]) => Object.values(methods).some((operation) => (operation.onPage === true) === onPage))
    .map(([path, methods]) => [path, Object.keys(methods).sort()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));

describe("the OpenAPI document", () => {
  test("is valid, by a validator that refuses one that is not", async () => {
    const document = structuredClone(await published()) as unknown as { paths: Record<string, object> };
    expect(await new Validator().validate(document)).toEqual({ valid: true });
    document.paths["/v1/pools"] = { get: { operationId: "listPools" } };
    expect((await new Validator().validate(document)).valid).toBe(false);
  });

  test("is served as it is published", async () => {
    const { api } = await startBoth();
    const response = await fetch(`${api}/openapi.json`);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual(await published());
  });

  test("has each route of the operator's port, with its methods, and no other", async () => {
    const { api } = await startBoth();
    const routes = [...(await routesOf(api))].map(([path, methods]) => [path, [...methods].sort()] as const);
    expect(routes.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(documented(false));
  });

  test("has each parameter that the history is asked with, and its words", async () => {
    const { parameters } = (await published()).paths["/v1/pools/{namespace}/{name}/history"].get;
    const span = parameters.find(({ name }) => name === "span");
    expect(span).toMatchObject({ in: "query", schema: { enum: spans, default: "5m" } });
  });

  test("has each route of the page's port that is no file of the page", async () => {
    const { page } = await startBoth();
    const routes = [...(await routesOf(page)).keys()].filter((path) => path.startsWith("/v1/"));
    const paths = Object.keys(operations);
    expect(routes.filter((path) => !paths.includes(path))).toEqual([]);
    for (const [path] of documented(true)) expect(routes).toContain(path);
  });
});

/** What a request is answered, as its operation has it; a list of what is wrong. */
async function check(url: string, path: string, init: RequestInit & { readonly query?: string } = {}) {
  const { query = "", method = "GET" } = init;
  const target = path.replace("{namespace}", "shop").replace("{name}", "checkout");
  const response = await fetch(`${url}${target}${query}`, init);
  const operation = operations[path]![method.toLowerCase() as "get"]!;
  const { status } = response;
  const type = response.headers.get("content-type")?.split(";")[0];
  const answer = operation.answers[status];
  if (!answer) {
    const problem = problemDocument.parse(await response.json());
    expect(operation.refusals?.[status] ?? [], `${method} ${target}${query}: ${status}`).toContain(problem.reason);
    expect(type).toBe("application/problem+json");
    return { status, problem };
  }
  if (type === "application/json" && answer.schema) {
    const body = await response.json();
    // Parsing takes off what the schema does not name.
    expect(schemas[answer.schema].parse(body)).toEqual(body);
  } else if (answer.text !== undefined && type !== "application/json") {
    expect(type).toBe(answer.text);
    await response.body?.cancel();
  }
  return { status };
}

const pool = "/v1/pools/{namespace}/{name}";

describe("what the server answers is as the document says", () => {
  test("of every operation", async () => {
    const { api, page, feed } = await startBoth();
    const statuses: Record<string, number> = {};
    for (const [path, methods] of Object.entries(operations)) {
      for (const [method, { parameters = [], onPage }] of Object.entries(methods)) {
        const query = parameters.some(({ name }) => name === "client") ? "?client=edge-1" : "";
        const { status } = await check(onPage ? page : api, path, { method: method.toUpperCase(), query });
        statuses[`${method} ${path}`] = status;
      }
    }
    const { [`put ${pool}/connections`]: put, [`delete ${pool}/connections`]: withdrawn, ...read } = statuses;
    expect([put, withdrawn]).toEqual([409, 409]);
    expect(new Set(Object.values(read))).toEqual(new Set([200]));
    const tag = (await fetch(`${api}/v1/pools/shop/checkout`)).headers.get("etag")!;
    for (const [path, query] of [
      [`${pool}/explain`, "?format=text"],
      [pool, "?format=yaml"],
    ] as const)
      expect(await check(api, path, { query })).toEqual({ status: 200 });
    expect(await check(page, `${pool}/history`, { query: "?span=1h" })).toEqual({ status: 200 });
    expect(await check(page, `${pool}/history`, { query: "?span=1d" })).toMatchObject({ status: 400 });
    expect(await check(api, pool, { headers: { "if-none-match": tag } })).toEqual({ status: 304 });
    expect(feed.list()).toHaveLength(1);
  });

  test("of a pool with writers and a decision to scale", async () => {
    const { api, feed } = await startBoth();
    const known = knownPool("shop", "checkout", {
      writers: [
        { pod: "a", uid: "uid-a", address: "10.0.0.1", ports: [{ name: "sql", port: 5432 }], reason: "takes writes" },
      ],
      scale: adviceToScale,
    });
    feed.set(known);
    for (const path of [pool, "/v1/pools", `${pool}/next`]) await check(api, path);
    await check(api, `${pool}/next`, { query: "?access=write" });
  });

  test.each([
    [pool, "?client=%00", 400],
    [`${pool}/next`, "?n=0", 400],
    [`${pool}/watch`, "?every=1h", 400],
    [`${pool}/explain`, "?format=xml", 400],
  ])("to %s%s", async (path, query, status) => {
    const { api } = await startBoth();
    expect(await check(api, path, { query })).toMatchObject({ status });
  });

  test("of a pool that is not there, and of one without endpoints", async () => {
    const { server, feed } = await serveFeed();
    for (const path of [pool, `${pool}/next`, `${pool}/watch`, `${pool}/explain`, `${pool}/followers`])
      expect(await check(server.url, path)).toMatchObject({ status: 404, problem: { reason: "PoolUnknown" } });
    feed.set(knownPool("shop", "checkout", { endpoints: [] }));
    expect(await check(server.url, `${pool}/next`)).toMatchObject({ status: 503, problem: { reason: "NoEndpoint" } });
  });

  test("to reports that count, that withdraw, and that are refused", async () => {
    const { server, feed } = await serveFeed();
    feed.set(knownPush());
    const put = (body: string, query = "?client=edge-1", headers: Record<string, string> = {}) =>
      check(server.url, `${pool}/connections`, { method: "PUT", query, body, headers });
    const report = JSON.stringify({ connections: { "pod-a": 3, stranger: 1 } });
    expect(await put(report)).toEqual({ status: 200 });
    expect(await put('{"connections": {}}')).toEqual({ status: 204 });
    expect((await published()).components.schemas.ReportBody.additionalProperties).toBe(false);
    expect(await put('{"connections": {}, "load": 3}')).toMatchObject({ problem: { reason: "BodyInvalid" } });
    expect(await put("{")).toMatchObject({ status: 400, problem: { reason: "BodyInvalid" } });
    expect(await put(report, "")).toMatchObject({ status: 400, problem: { reason: "ParameterInvalid" } });
    expect(await put(report, undefined, { origin: "http://evil.example" })).toMatchObject({ status: 403 });
    expect(await put(" ".repeat(70_000))).toMatchObject({ status: 413, problem: { reason: "BodyTooLarge" } });
    const withdrawn = await check(server.url, `${pool}/connections`, { method: "DELETE", query: "?client=edge-1" });
    expect(withdrawn).toEqual({ status: 204 });
  });

  test("in the events of a stream", async () => {
    const { api } = await startBoth();
    const stream = await readStream(`${api}/v1/pools/shop/checkout/watch?client=edge-1`);
    const [event] = await vi.waitUntil(() => (stream.events().length > 0 ? stream.events() : undefined));
    const document = JSON.parse(/^data: (.*)$/m.exec(event!)![1]!);
    expect(schemas.Pool.parse(document)).toEqual(document);
    expect(document).toHaveProperty("list");
  });
});
