import { describe, expect, test } from "vitest";
import { readScale, writeScale } from "../../src/kube/scale.ts";
import type { ResourceRef } from "../../src/kube/types.ts";
import { Bench } from "./bench.ts";
import { type Answer, fail, json, statusBody } from "./faulty-server.ts";

const deployments: ResourceRef = { group: "apps", version: "v1", plural: "deployments", namespaced: true };

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

/** A Deployment's scale, patched by the rules of RFC 6902. With `omitsZero` it leaves zero replicas out, as Kubernetes does. */
class ScaleServer {
  uid = "u1";
  replicas = 3;
  version = 1;
  readonly omitsZero: boolean;

  constructor(omitsZero = true) {
    this.omitsZero = omitsZero;
  }

  readonly answer: Answer = (response, { method, body, path }) => {
    if (!path.endsWith("/deployments/web/scale")) return fail(response, 404, "NotFound");
    const scale = this.#scale();
    if (method === "GET") return json(response, scale);
    for (const { op, path: pointer, value } of JSON.parse(body) as Operation[]) {
      const [parent, key] =
        pointer === "/spec"
          ? [scale, "spec"]
          : pointer.startsWith("/spec/")
            ? [scale.spec, "replicas"]
            : [scale.metadata, "uid"];
      const holder = parent as Record<string, unknown>;
      if (op !== "add" && !(key in holder)) return this.#failTest(response);
      if (op === "test" && JSON.stringify(holder[key]) !== JSON.stringify(value)) return this.#failTest(response);
      if (op !== "test") holder[key] = value;
    }
    const next = scale.spec.replicas ?? 0;
    if (next < 0) return fail(response, 422, "Invalid", {}, { causes: [{ field: "spec.replicas" }] });
    this.replicas = next;
    this.version++;
    json(response, this.#scale());
  };

  #scale(): { metadata: object; spec: { replicas?: number }; status: object } {
    return {
      metadata: { name: "web", namespace: "ns", uid: this.uid, resourceVersion: String(this.version) },
      spec: this.replicas === 0 && this.omitsZero ? {} : { replicas: this.replicas },
      status: { replicas: this.replicas, selector: "app=web" },
    };
  }

  #failTest(response: Parameters<Answer>[0]): void {
    fail(response, 422, "Invalid", {}, { causes: [{ reason: "UnexpectedServerResponse", message: "test failed" }] });
  }
}

const start = async (server = new ScaleServer()): Promise<{ bench: Bench; server: ScaleServer }> => ({
  bench: await Bench.start(server.answer),
  server,
});

describe("reading", () => {
  test("brings what a plan needs", async () => {
    const { bench } = await start();
    await using used = bench;
    expect(await readScale(used.transport, deployments, "ns", "web")).toEqual({
      uid: "u1",
      replicas: 3,
      selector: "app=web",
      resourceVersion: "1",
    });
    expect(await readScale(used.transport, deployments, "ns", "other")).toBeUndefined();
  });

  test.each([-1, 1.5, "3", 1e300])("of %j replicas fails, rather than to be scaled from", async (replicas) => {
    const { bench, server } = await start();
    await using used = bench;
    Object.assign(server, { replicas });
    await expect(readScale(used.transport, deployments, "ns", "web")).rejects.toMatchObject({ reason: "Malformed" });
  });

  test("zero replicas are zero though the server leaves them out", async () => {
    const { bench, server } = await start();
    await using used = bench;
    server.replicas = 0;
    expect(await readScale(used.transport, deployments, "ns", "web")).toMatchObject({ replicas: 0 });
  });
});

describe("a custom resource whose replicas are unset", () => {
  const message = 'Internal error occurred: the spec replicas field ".spec.replicas" does not exist';
  const shown = {
    metadata: { name: "web", namespace: "ns", uid: "u1", resourceVersion: "7" },
    spec: { replicas: 1 },
    status: { replicas: 3, selector: "a=b" },
  };

  test("is asked about by a dry run that changes nothing, and only while they are unset", async () => {
    await using bench = await Bench.start((response, { method }) =>
      method === "GET" ? json(response, statusBody(500, "InternalError", message), 500) : json(response, shown),
    );
    expect(await readScale(bench.transport, deployments, "ns", "web")).toEqual({
      uid: "u1",
      replicas: 1,
      unset: { counted: 3 },
      selector: "a=b",
      resourceVersion: "7",
    });
    const [, asked] = bench.server.requests;
    expect(asked?.query.get("dryRun")).toBe("All");
    expect(JSON.parse(asked?.body ?? "")).toEqual([
      { op: "test", path: "/spec/replicas", value: -2_147_483_648 },
      { op: "replace", path: "/spec/replicas", value: 1 },
    ]);
  });

  test("is told by the first answer where the dry run is refused", async () => {
    await using bench = await Bench.start((response, { method }) =>
      method === "GET"
        ? json(response, statusBody(500, "InternalError", message), 500)
        : fail(response, 403, "Forbidden"),
    );
    await expect(readScale(bench.transport, deployments, "ns", "web")).rejects.toMatchObject({ status: 500, message });
  });

  test("is written to on the precondition that they are unset", async () => {
    await using bench = await Bench.start((response) => json(response, shown));
    await writeScale(bench.transport, deployments, "ns", "web", { uid: "u1", from: 1, to: 2, isUnset: true });
    expect(JSON.parse(bench.server.requests[0]?.body ?? "")).toEqual([
      { op: "test", path: "/metadata/uid", value: "u1" },
      { op: "test", path: "/spec/replicas", value: -2_147_483_648 },
      { op: "replace", path: "/spec/replicas", value: 2 },
    ]);
  });
});

describe("writing", () => {
  test("is one JSON patch with its preconditions", async () => {
    const { bench, server } = await start();
    await using used = bench;
    expect(await writeScale(used.transport, deployments, "ns", "web", { uid: "u1", from: 3, to: 4 })).toEqual({
      kind: "ok",
      object: { uid: "u1", replicas: 4, selector: "app=web", resourceVersion: "2" },
    });
    expect(server.replicas).toBe(4);
    const [seen] = used.server.requests;
    expect(seen?.headers["content-type"]).toBe("application/json-patch+json");
    expect(JSON.parse(seen?.body ?? "")).toEqual([
      { op: "test", path: "/metadata/uid", value: "u1" },
      { op: "test", path: "/spec/replicas", value: 3 },
      { op: "replace", path: "/spec/replicas", value: 4 },
    ]);
  });

  test.each([
    ["another count", { uid: "u1", from: 2, to: 3 }],
    ["another object of that name", { uid: "u0", from: 3, to: 4 }],
    ["no longer zero", { uid: "u1", from: 0, to: 1 }],
  ])("%s is a conflict and changes nothing", async (_, step) => {
    const { bench, server } = await start();
    await using used = bench;
    expect(await writeScale(used.transport, deployments, "ns", "web", step)).toMatchObject({ kind: "conflict" });
    expect(server.replicas).toBe(3);
  });

  test.each([[true], [false]])("from zero, whether the server leaves zero out (%s) or not", async (omitsZero) => {
    const { bench, server } = await start(new ScaleServer(omitsZero));
    await using used = bench;
    server.replicas = 0;
    expect(await writeScale(used.transport, deployments, "ns", "web", { uid: "u1", from: 0, to: 2 })).toMatchObject({
      kind: "ok",
    });
    expect(server.replicas).toBe(2);
  });

  test("a real validation error is no conflict", async () => {
    const { bench } = await start();
    await using used = bench;
    const step = { uid: "u1", from: 3, to: -1 };
    expect(await writeScale(used.transport, deployments, "ns", "web", step)).toMatchObject({
      kind: "invalid",
      fields: ["spec.replicas"],
    });
  });

  test.each([
    ["a policy", { causes: [{ message: "ValidatingAdmissionPolicy 'cap' denied request: no" }] }],
    ["a webhook", {}],
  ])("the denial of %s, 422 too, is no conflict, and says why", async (_, details) => {
    const denied = { kind: "Status", status: "Failure", code: 422, reason: "Invalid", message: "denied: no", details };
    await using bench = await Bench.start((response) => json(response, denied, 422));
    const step = { uid: "u1", from: 3, to: 4 };
    expect(await writeScale(bench.transport, deployments, "ns", "web", step)).toMatchObject({
      kind: "invalid",
      message: "denied: no",
    });
  });

  test("what Kubernetes answers where a test does not hold is a conflict", async () => {
    const message = "the server rejected our request due to an error in our request";
    const failed = { kind: "Status", status: "Failure", code: 422, reason: "Invalid", message, details: {} };
    await using bench = await Bench.start((response) => json(response, failed, 422));
    const step = { uid: "u1", from: 3, to: 4 };
    expect(await writeScale(bench.transport, deployments, "ns", "web", step)).toMatchObject({ kind: "conflict" });
  });

  test("409, 403 and 404 are values; it is sent once", async () => {
    const step = { uid: "u1", from: 3, to: 4 };
    for (const [code, kind] of [
      [409, "conflict"],
      [403, "refused"],
      [404, "missing"],
    ] as const) {
      await using bench = await Bench.start((response) => fail(response, code, "X"));
      expect(await writeScale(bench.transport, deployments, "ns", "web", step)).toMatchObject({ kind });
      expect(bench.server.requests).toHaveLength(1);
    }
  });
});
