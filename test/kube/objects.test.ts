import { describe, expect, test } from "vitest";
import { ApiError } from "../../src/kube/api-error.ts";
import { createObjects } from "../../src/kube/objects.ts";
import { endpointSlices, pods } from "../../src/kube/types.ts";
import { Bench } from "./bench.ts";
import { type Answer, fail, json, statusBody } from "./faulty-server.ts";
import { PodStore } from "./pod-store.ts";

const slice = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { namespace: "ns", name: "s" },
  addressType: "IPv4",
};

const start = async (answer: Answer): Promise<Bench & { objects: ReturnType<typeof createObjects> }> => {
  const bench = await Bench.start(answer);
  return Object.assign(bench, { objects: createObjects(bench.transport) });
};

describe("what is sent", () => {
  test("apply: server-side, as evenkeel, strict, forced, JSON in the YAML type", async () => {
    await using bench = await start((response, { body }) => json(response, JSON.parse(body)));
    expect(await bench.objects.apply(endpointSlices, slice)).toEqual({ kind: "ok", object: slice });
    const [seen] = bench.server.requests;
    expect(seen).toMatchObject({
      method: "PATCH",
      path: "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices/s",
      body: JSON.stringify(slice),
    });
    expect(seen?.headers["content-type"]).toBe("application/apply-patch+yaml");
    expect(seen?.query.toString()).toBe("fieldManager=evenkeel&force=true&fieldValidation=Strict");
  });

  test("apply to a subresource, without force", async () => {
    await using bench = await start((response) => json(response, slice));
    await bench.objects.apply(endpointSlices, slice, { subresource: "status", force: false });
    const [seen] = bench.server.requests;
    expect(seen?.path).toMatch(/\/s\/status$/);
    expect(seen?.query.get("force")).toBe("false");
  });

  test("create", async () => {
    await using bench = await start((response, { body }) => json(response, JSON.parse(body), 201));
    expect(await bench.objects.create(endpointSlices, slice)).toEqual({ kind: "ok", object: slice });
    const [seen] = bench.server.requests;
    expect(seen).toMatchObject({ method: "POST", path: "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices" });
  });

  test("merge", async () => {
    await using bench = await start((response, { body }) => json(response, JSON.parse(body)));
    await bench.objects.merge(endpointSlices, slice);
    const [seen] = bench.server.requests;
    expect(seen).toMatchObject({
      method: "PATCH",
      path: "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices/s",
      body: JSON.stringify(slice),
    });
    expect(seen?.headers["content-type"]).toBe("application/merge-patch+json");
    expect(seen?.query.toString()).toBe("fieldManager=evenkeel&fieldValidation=Strict");
  });

  test("remove, with its preconditions", async () => {
    await using bench = await start((response) => json(response, { kind: "Status", metadata: {} }));
    await bench.objects.remove(endpointSlices, "ns", "s", { uid: "u", resourceVersion: "7" });
    const [seen] = bench.server.requests;
    expect(seen?.method).toBe("DELETE");
    expect(JSON.parse(seen?.body ?? "")).toEqual({
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: { uid: "u", resourceVersion: "7" },
    });
  });

  test("list reads every page", async () => {
    const store = new PodStore();
    for (let i = 0; i < 1_200; i++) store.put(`p${i}`);
    await using bench = await start(store.answer);
    const outcome = await bench.objects.list(pods, "ns");
    expect(outcome.kind === "ok" && outcome.object.length).toBe(1_200);
    expect(bench.server.requests).toHaveLength(3);
  });
});

describe("what comes back is a value", () => {
  test.each([
    [404, "NotFound", { kind: "missing" }],
    [409, "AlreadyExists", { kind: "exists" }],
    [409, "Conflict", { kind: "conflict", message: "Conflict by the test" }],
    [410, "Expired", { kind: "gone" }],
    [403, "Forbidden", { kind: "refused", message: "Forbidden by the test" }],
    [422, "Invalid", { kind: "invalid", message: "Invalid by the test", fields: [] }],
  ])("%d %s", async (code, reason, outcome) => {
    await using bench = await start((response) => fail(response, code, reason));
    const { objects } = bench;
    expect(await objects.get(pods, "ns", "a")).toEqual(outcome);
    expect(await objects.list(pods)).toEqual(outcome);
    expect(await objects.create(endpointSlices, slice)).toEqual(outcome);
    expect(await objects.apply(endpointSlices, slice)).toEqual(outcome);
    expect(await objects.remove(pods, "ns", "a")).toEqual(outcome);
    expect(bench.server.requests).toHaveLength(5);
  });

  test("the fields that validation named", async () => {
    await using bench = await start((response) =>
      fail(response, 422, "Invalid", {}, { causes: [{ field: "endpoints[0].addresses" }, { reason: "x" }] }),
    );
    expect(await bench.objects.apply(endpointSlices, slice)).toMatchObject({ fields: ["endpoints[0].addresses"] });
  });

  test("a field that the server's schema lacks is invalid, not an outage to be waited out", async () => {
    const message =
      "failed to create typed patch object (ns/s; x/v1, Kind=X): .status.new: field not declared in schema";
    await using bench = await start((response) => json(response, statusBody(500, "InternalError", message), 500));
    expect(await bench.objects.apply(endpointSlices, slice)).toEqual({ kind: "invalid", message, fields: [] });
    expect(bench.server.requests).toHaveLength(1);
  });

  test("a request that is wrong, and an outage, throw", async () => {
    await using bench = await start((response) => fail(response, 400, "BadRequest"));
    await expect(bench.objects.apply(endpointSlices, slice)).rejects.toThrow(ApiError);
    bench.server.answer = (response) => fail(response, 500, "InternalError");
    await expect(bench.objects.create(endpointSlices, slice)).rejects.toMatchObject({ status: 500 });
  });
});
