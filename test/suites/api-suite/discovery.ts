import { describe, expect, it } from "vitest";
import type { Answer } from "./connection.ts";
import { asTable, pod, type Session, unique } from "./session.ts";

export function discoveryCases(session: () => Session): void {
  describe("discovery", () => {
    it("tells its version and health", async () => {
      expect(await session().get("/version")).toMatchObject({
        major: "1",
        gitVersion: expect.stringMatching(/^v1\.\d+/),
      });
      for (const path of ["/livez", "/readyz", "/healthz"]) expect(await session().get(path)).toBe("ok");
    });

    it("lists versions, groups and resources", async () => {
      expect((await session().get("/api")).versions).toEqual(["v1"]);
      const { groups } = await session().get("/apis");
      expect(groups.map((group: Answer) => group.name)).toEqual(
        expect.arrayContaining(["apps", "autoscaling", "coordination.k8s.io", "discovery.k8s.io", "suite.evenkeel.io"]),
      );
      const { resources } = await session().get("/apis/suite.evenkeel.io/v1");
      const byName = Object.fromEntries(resources.map((resource: Answer) => [resource.name, resource]));
      expect(byName.widgets).toMatchObject({
        singularName: "widget",
        kind: "Widget",
        namespaced: true,
        shortNames: ["wd"],
        categories: ["all"],
        verbs: expect.arrayContaining([
          "create",
          "delete",
          "deletecollection",
          "get",
          "list",
          "patch",
          "update",
          "watch",
        ]),
      });
      expect(byName["widgets/status"]).toMatchObject({ kind: "Widget" });
      expect(byName["widgets/scale"]).toMatchObject({ kind: "Scale", group: "autoscaling", version: "v1" });
    });

    it("tells all of it at once to who asks so", async () => {
      const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
      const list = await session().expect(200, "GET", "/apis", { accept });
      expect(list).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" });
      const group = list.items.find((item: Answer) => item.metadata.name === "suite.evenkeel.io");
      expect(group.versions[0]).toMatchObject({
        version: "v1",
        resources: [
          {
            resource: "widgets",
            scope: "Namespaced",
            singularResource: "widget",
            responseKind: { group: "suite.evenkeel.io", version: "v1", kind: "Widget" },
            shortNames: ["wd"],
          },
        ],
      });
      const core = await session().expect(200, "GET", "/api", { accept });
      const names = core.items[0].versions[0].resources.map((resource: Answer) => resource.resource);
      expect(names).toEqual(expect.arrayContaining(["pods", "services", "nodes"]));
    });

    it("describes a custom resource in OpenAPI", async () => {
      const { paths } = await session().get("/openapi/v3");
      const address = paths["apis/suite.evenkeel.io/v1"].serverRelativeURL;
      const document = await session().get(
        address.split("?")[0],
        Object.fromEntries(new URL(address, "http://x").searchParams),
      );
      const schemas = Object.values<Answer>(document.components.schemas);
      const schema = schemas.find((candidate) =>
        candidate["x-kubernetes-group-version-kind"]?.some((kind: Answer) => kind.kind === "Widget"),
      );
      expect(schema.properties.spec.properties.size).toMatchObject({
        type: "integer",
        description: "How big.",
        minimum: 1,
      });
      expect(schema.properties.spec.properties.mode.default).toBe("Fast");
    });

    it("has nothing at other paths", async () => {
      for (const path of ["/nothing", "/apis/no.such.group/v1/things", "/apis/suite.evenkeel.io/v1/gadgets"]) {
        await session().expect(404, "GET", path);
      }
    });
  });

  describe("tables", () => {
    const table = (path: string, query: Readonly<Record<string, string>> = {}) =>
      session().expect(200, "GET", path, { accept: `${asTable},application/json`, query });

    it("show a custom resource's printer columns", async () => {
      const { metadata } = await session().createWidget({ size: 7 });
      const path = `${session().widgets}/${metadata.name}`;
      const conditions = [
        { type: "Other", status: "False" },
        { type: "Ready", status: "True" },
      ];
      await session().expect(200, "PATCH", `${path}/status`, {
        body: { status: { conditions } },
        contentType: "application/merge-patch+json",
      });
      const shown = await table(path);
      expect(shown).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
      const columns = shown.columnDefinitions.map(({ name, type, priority }: Answer) => `${name} ${type} ${priority}`);
      expect(columns).toEqual(["Name string 0", "Size integer 0", "Ready string 0", "Mode string 1", "Age date 0"]);
      const [row] = shown.rows;
      expect(row.cells.slice(0, 4)).toEqual([metadata.name, 7, "True", "Fast"]);
      expect(row.cells[4]).toMatch(/^\d+s$/);
      expect(row.object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: metadata.name } });
      expect(row.object.spec).toBeUndefined();
    });

    it("leave a cell empty where there is nothing", async () => {
      const { metadata } = await session().createWidget({ size: 7 });
      expect((await table(`${session().widgets}/${metadata.name}`)).rows[0].cells[2]).toBeNull();
    });

    it("come as lists, with the objects if wanted", async () => {
      const group = unique("group");
      for (const size of [1, 2]) await session().createWidget({ size }, { metadata: { labels: { group } } });
      const shown = await table(session().widgets, { labelSelector: `group=${group}`, includeObject: "Object" });
      expect(shown.rows.map((row: Answer) => row.cells[1])).toEqual([1, 2]);
      expect(shown.rows[0].object).toMatchObject({ kind: "Widget", spec: { size: 1 } });
      expect(shown.metadata.resourceVersion).toMatch(/^\d+$/);
    });

    it("show pods as kubectl does", async () => {
      const name = unique("p");
      await session().create(`${session().core}/pods`, pod(name, { nodeName: "suite-node" }));
      const shown = await table(`${session().core}/pods/${name}`);
      const columns = shown.columnDefinitions.map((column: Answer) => column.name);
      expect(columns.slice(0, 7)).toEqual(["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node"]);
      expect(shown.rows[0].cells.slice(0, 3)).toEqual([name, "0/1", "Pending"]);
      await session().expect(200, "DELETE", `${session().core}/pods/${name}`, { query: { gracePeriodSeconds: "0" } });
    });

    it("can be metadata alone instead", async () => {
      const { metadata } = await session().createWidget({ size: 1 });
      const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
      const partial = await session().expect(200, "GET", `${session().widgets}/${metadata.name}`, { accept });
      expect(partial).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: metadata.name } });
      expect(partial.spec).toBeUndefined();
    });

    it("are not forced on who can't read JSON", async () => {
      const { status } = await session().api.request("GET", session().widgets, { accept: "text/html" });
      expect(status).toBe(406);
    });
  });
}
