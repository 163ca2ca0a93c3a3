import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type Embedded, type EmbeddedOptions, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { customKind } from "../../rigs/custom-kind.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { brief, mergePatch, Session, widget } from "../../suites/api-suite/session.ts";
import { widgetDefinition } from "../../suites/api-suite/widget.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";

let server: Embedded | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Partial<EmbeddedOptions> = {}): Promise<Session> {
  server = await startEmbedded({ crds: [widgetDefinition], ...options });
  return new Session(connectHttp(server.url, "default"));
}

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

describe("embedded cluster", () => {
  it("has two namespaces and a node with a zone", async () => {
    const session = await start();
    expect(await session.names("/api/v1/namespaces", {})).toEqual(["default", "kube-system"]);
    const { items } = await session.get("/api/v1/nodes");
    expect(items).toHaveLength(1);
    expect(items[0].metadata.labels["topology.kubernetes.io/zone"]).toBeTruthy();
    expect(items[0].status.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "True" }));
  });

  it("forgets changes past its window: watches and pages from before are refused", async () => {
    const session = await start({ watchCacheSize: 3 });
    await session.createWidget({ size: 1 });
    await session.createWidget({ size: 1 });
    const first = await session.get(session.widgets, { limit: "1" });
    const { resourceVersion, continue: token } = first.metadata;
    for (let made = 0; made < 3; made++) await session.createWidget({ size: 1 });
    expect((await session.watch(session.widgets, { resourceVersion }, 3)).map(({ type }) => type)).toEqual([
      "ADDED",
      "ADDED",
      "ADDED",
    ]);
    await session.createWidget({ size: 1 });
    const [error] = await session.watch(session.widgets, { resourceVersion }, 1);
    expect(error).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    const refused = await session.expect(410, "GET", session.widgets, { query: { limit: "1", continue: token } });
    expect(refused.reason).toBe("Expired");
  });

  it("ends watches when it closes, and frees its port", async () => {
    const [port = 0] = await findFreePorts(1);
    const session = await start({ port });
    const { metadata } = await session.get(session.widgets);
    const stop = new AbortController();
    const query = { resourceVersion: metadata.resourceVersion };
    const events = session.api.watch(session.widgets, query, stop.signal)[Symbol.asyncIterator]();
    const opened = events.next();
    await session.create(session.widgets, widget("shown", { size: 1 }));
    await opened;
    const settled = events.next().then(
      ({ done }) => (done ? "ended" : "told"),
      () => "ended",
    );
    await server?.close();
    expect(await settled).toBe("ended");
    server = await startEmbedded({ crds: [], port });
    expect(server.url).toBe(`http://127.0.0.1:${port}`);
  });

  it("answers only to loopback names", async () => {
    await start();
    const code = await new Promise((resolve, reject) => {
      const asking = request(`${server?.url}/version`, { headers: { host: "evil.example:80" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asking.on("error", reject).end();
    });
    expect(code).toBe(403);
  });

  it("refuses bodies that are too large, methods and paths that there are not", async () => {
    const session = await start();
    const large = widget("large", { size: 1, free: { text: "x".repeat(4 * 1024 * 1024) } });
    await session.expect(413, "POST", session.widgets, { body: large });
    await session.expect(405, "OPTIONS", session.widgets);
    await session.expect(404, "GET", "/api/v1/namespaces/%zz/pods");
  });

  it("passes every rule's message on", async () => {
    const session = await start({ validate: () => ["spec.size: must be lucky", "and more"] });
    const refused = await session.expect(422, "POST", session.widgets, { body: widget("a", { size: 1 }) });
    expect(refused.details.causes).toEqual([
      { reason: "FieldValueInvalid", field: "spec.size", message: "Invalid value: must be lucky" },
      { reason: "FieldValueInvalid", field: "spec", message: "Invalid value: and more" },
    ]);
  });

  it("does not ask the rules about a spec that an older schema let in, when its status is written", async () => {
    const size = { size: { type: "integer" }, mode: { type: "string", default: "Slow" } };
    const rule = { "x-kubernetes-validations": [{ rule: "self.size > 9" }] };
    const status = { type: "object", properties: { replicas: { type: "integer" } } };
    const definition = customKind("Plain", { selectorPath: ".status.selector" });
    const versionWith = (spec: object) => [
      {
        ...definition.spec.versions[0],
        schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", ...spec }, status } } },
      },
    ];
    const session = await start({ crds: [definition], validate: () => ["spec.size: must be lucky"] });
    const path = "/apis/example.com/v1/namespaces/default/plains";
    const body = { apiVersion: "example.com/v1", kind: "Plain", metadata: { name: "a" }, spec: { size: 1 } };
    await session.expect(201, "POST", path, { body });
    const versions = versionWith({ properties: size, ...rule });
    await session.patch(`${definitions}/plains.example.com`, { spec: { versions } }, mergePatch);
    await session.patch(`${path}/a/status`, { status: { replicas: 1 } }, mergePatch);
    await session.patch(`${path}/a`, { spec: { size: 2 } }, mergePatch, 422);
  });

  it("asks about no object whose schema has no rules", async () => {
    const session = await start({ crds: [customKind("Plain")], validate: () => ["spec.size: must be lucky"] });
    const path = "/apis/example.com/v1/namespaces/default/plains";
    const body = { apiVersion: "example.com/v1", kind: "Plain", metadata: { name: "a" }, spec: { size: 1 } };
    await session.expect(201, "POST", path, { body });
  });
});

describe("definitions at run time", () => {
  it("serve their kind at once, change with it, and take its objects along", async () => {
    const session = await start({ crds: [] });
    await session.expect(404, "GET", session.widgets);
    const created = await session.create(definitions, widgetDefinition);
    await session.createWidget({ size: 1 }, {}, "a");
    const [version] = created.spec.versions;
    const { openAPIV3Schema } = version.schema;
    const wider = structuredClone(openAPIV3Schema);
    wider.properties.spec.properties.size.maximum = 1000;
    const versions = [{ ...version, schema: { openAPIV3Schema: wider } }];
    const path = `${definitions}/widgets.suite.evenkeel.io`;
    await session.patch(path, { spec: { versions } }, mergePatch);
    await session.patch(`${session.widgets}/a`, { spec: { size: 999 } }, mergePatch);
    await session.expect(200, "DELETE", path);
    await session.expect(404, "GET", session.widgets);
    await session.create(definitions, widgetDefinition);
    expect(await session.names(session.widgets, {})).toEqual([]);
  });

  it("show the same objects in every version", async () => {
    const [stored] = widgetDefinition.spec.versions;
    const versions = [stored, { ...stored, name: "v2", storage: false }];
    const session = await start({ crds: [{ ...widgetDefinition, spec: { ...widgetDefinition.spec, versions } }] });
    await session.createWidget({ size: 1 }, {}, "a");
    const path = "/apis/suite.evenkeel.io/v2/namespaces/default/widgets";
    const shown = await session.get(`${path}/a`);
    expect(shown).toMatchObject({ apiVersion: "suite.evenkeel.io/v2", spec: { size: 1 } });
    const watching = session.watch(path, { resourceVersion: shown.metadata.resourceVersion }, 1);
    await session.patch(`${session.widgets}/a`, { spec: { size: 2 } }, mergePatch);
    const [event] = await watching;
    expect(event && brief(event)).toBe("MODIFIED a");
    expect(event?.object.apiVersion).toBe("suite.evenkeel.io/v2");
  });
});
