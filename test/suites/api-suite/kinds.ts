import { describe, expect, it } from "vitest";
import type { Answer } from "./connection.ts";
import { applyPatch, deployment, jsonPatch, mergePatch, pod, type Session, strategicPatch, unique } from "./session.ts";

export function scaleCases(session: () => Session): void {
  const deployed = async (spec: object = {}) => {
    const name = unique("d");
    await session().create(session().deployments, deployment(name, spec));
    return { name, path: `${session().deployments}/${name}` };
  };

  describe("scale", () => {
    it("shows a Deployment's replicas and selector", async () => {
      const { name, path } = await deployed();
      const { metadata } = await session().get(path);
      const scale = await session().get(`${path}/scale`);
      expect(scale).toMatchObject({
        kind: "Scale",
        apiVersion: "autoscaling/v1",
        metadata: { name, namespace: session().api.namespace, uid: metadata.uid },
        spec: {},
        status: { replicas: 0, selector: `app=${name}` },
      });
    });

    it("changes the replicas alone, by patch and by update", async () => {
      const { name, path } = await deployed({ paused: true });
      const patched = await session().patch(`${path}/scale`, { spec: { replicas: 3 } }, mergePatch);
      expect(patched).toMatchObject({ kind: "Scale", spec: { replicas: 3 } });
      const after = await session().get(path);
      expect(after.spec).toMatchObject({ replicas: 3, paused: true });
      expect(after.metadata.generation).toBe(2);
      const { namespace } = session().api;
      const scale = {
        apiVersion: "autoscaling/v1",
        kind: "Scale",
        metadata: { name, namespace },
        spec: { replicas: 0 },
      };
      await session().expect(200, "PUT", `${path}/scale`, { body: scale });
      expect((await session().get(path)).spec.replicas).toBe(0);
    });

    it("writes nothing when the replicas are the same", async () => {
      const { path } = await deployed({ replicas: 2, paused: true });
      const { metadata } = await session().get(path);
      const scale = await session().patch(`${path}/scale`, { spec: { replicas: 2 } }, mergePatch);
      const after = await session().get(path);
      expect(after.metadata.generation).toBe(metadata.generation);
      expect(scale.spec.replicas).toBe(2);
    });

    it("refuses an old version, a negative number and a Deployment that is not there", async () => {
      const { path } = await deployed();
      const stale = { metadata: { resourceVersion: "1" }, spec: { replicas: 1 } };
      expect((await session().patch(`${path}/scale`, stale, mergePatch, 409)).reason).toBe("Conflict");
      await session().patch(`${path}/scale`, { spec: { replicas: -1 } }, mergePatch, 422);
      await session().expect(404, "GET", `${session().deployments}/${unique("none")}/scale`);
    });

    it("takes the replicas from whoever applied them", async () => {
      const name = unique("d");
      const path = `${session().deployments}/${name}`;
      await session().apply(path, deployment(name), "one", 201);
      const query = { fieldManager: "scaler" };
      await session().expect(200, "PATCH", `${path}/scale`, {
        body: { spec: { replicas: 1 } },
        query,
        contentType: mergePatch,
      });
      const refused = await session().apply(path, deployment(name), "one", 409);
      expect(refused.details.causes[0]).toMatchObject({ field: ".spec.replicas" });
      expect(refused.message).toContain('conflict with "scaler" with subresource "scale" using apps/v1');
    });

    it("can be applied", async () => {
      const { name, path } = await deployed({ replicas: 2, paused: true });
      const body = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name }, spec: { replicas: 3 } };
      const query = { fieldManager: "scaler", force: "true" };
      const applied = await session().expect(200, "PATCH", `${path}/scale`, { body, query, contentType: applyPatch });
      expect(applied).toMatchObject({ kind: "Scale", spec: { replicas: 3 } });
      const { metadata } = await session().get(path);
      const entry = metadata.managedFields.find((field: Answer) => field.manager === "scaler");
      expect(entry).toMatchObject({ subresource: "scale", fieldsV1: { "f:spec": { "f:replicas": {} } } });
    });

    it("serves custom resources that declare it", async () => {
      const { metadata } = await session().createWidget({ size: 1, replicas: 2 });
      const path = `${session().widgets}/${metadata.name}`;
      expect(await session().get(`${path}/scale`)).toMatchObject({
        kind: "Scale",
        spec: { replicas: 2 },
        status: { replicas: 0 },
      });
      await session().patch(`${path}/scale`, { spec: { replicas: 4 } }, mergePatch);
      expect((await session().get(path)).spec).toMatchObject({ size: 1, replicas: 4 });
    });

    it("shows none of a custom resource whose replicas are unset, and takes a patch that knows so", async () => {
      const { metadata } = await session().createWidget({ size: 1 });
      const path = `${session().widgets}/${metadata.name}`;
      const refused = await session().expect(500, "GET", `${path}/scale`);
      expect(refused.message).toContain('the spec replicas field ".spec.replicas" does not exist');
      const unset = { op: "test", path: "/spec/replicas", value: -2_147_483_648 };
      const set = { op: "replace", path: "/spec/replicas", value: 2 };
      const dry = await session().expect(200, "PATCH", `${path}/scale`, {
        body: [unset, set],
        query: { dryRun: "All" },
        contentType: jsonPatch,
      });
      expect(dry).toMatchObject({ kind: "Scale", metadata: { uid: metadata.uid }, spec: { replicas: 2 } });
      expect((await session().get(path)).spec).not.toHaveProperty("replicas");
      const label = [{ op: "add", path: "/metadata/labels", value: { a: "b" } }];
      expect((await session().patch(`${path}/scale`, label, jsonPatch, 400)).message).toContain("cannot be empty");
      await session().patch(`${path}/scale`, [unset, set], jsonPatch);
      expect((await session().get(path)).spec).toMatchObject({ replicas: 2 });
      await session().patch(`${path}/scale`, [unset, set], jsonPatch, 422);
    });
  });
}

export function kindCases(session: () => Session): void {
  describe("built-in kinds", () => {
    it("fills a Deployment's defaults", async () => {
      const name = unique("d");
      const created = await session().create(
        session().deployments,
        deployment(name, { replicas: undefined, paused: true }),
      );
      expect(created.spec).toMatchObject({
        replicas: 1,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        template: {
          spec: {
            restartPolicy: "Always",
            terminationGracePeriodSeconds: 30,
            containers: [{ ports: [{ containerPort: 80, protocol: "TCP" }] }],
          },
        },
      });
      expect(created.metadata.generation).toBe(1);
    });

    it("refuses a Deployment whose selector misses its template, and another selector", async () => {
      const name = unique("d");
      const template = { metadata: { labels: { app: "other" } }, spec: { containers: [{ name: "a", image: "b" }] } };
      const body = deployment(name, { template });
      const refused = await session().expect(422, "POST", session().deployments, { body });
      expect(refused.message).toContain("`selector` does not match template `labels`");
      await session().create(session().deployments, deployment(name));
      const selector = { matchLabels: { other: "label" } };
      const fixed = await session().patch(`${session().deployments}/${name}`, { spec: { selector } }, mergePatch, 422);
      expect(fixed.message).toContain("field is immutable");
    });

    it("gives a Service without selector and address both families, and refuses another distribution than there are", async () => {
      const services = `${session().core}/services`;
      const ports = [{ name: "http", port: 80, targetPort: "http", appProtocol: "kubernetes.io/h2c" }];
      const service = (spec: object) => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: unique("s") },
        spec: { ports, ...spec },
      });
      const headless = await session().create(services, service({ clusterIP: "None" }));
      expect(headless.spec).toMatchObject({ ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "RequireDualStack", ports });
      const selecting = await session().create(services, service({ clusterIP: "None", selector: { app: "x" } }));
      expect(selecting.spec).toMatchObject({ ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" });
      const near = await session().create(services, service({ trafficDistribution: "PreferSameNode" }));
      expect(near.spec).toMatchObject({ ipFamilies: ["IPv4"], trafficDistribution: "PreferSameNode" });
      const refused = await session().expect(422, "POST", services, { body: service({ trafficDistribution: "Far" }) });
      expect(refused.details.causes).toMatchObject([
        { reason: "FieldValueNotSupported", field: "spec.trafficDistribution" },
      ]);
    });

    it("begins pods as Pending and takes their status through its subresource", async () => {
      const name = unique("p");
      const path = `${session().core}/pods/${name}`;
      const body = { ...pod(name, { nodeName: "suite-node" }), status: { phase: "Running" } };
      expect((await session().create(`${session().core}/pods`, body)).status.phase).toBe("Pending");
      const ready = { type: "Ready", status: "True" };
      const status = { phase: "Running", podIP: "10.1.0.1", podIPs: [{ ip: "10.1.0.1" }], conditions: [ready] };
      await session().patch(`${path}/status`, { status }, strategicPatch);
      const more = { status: { conditions: [{ type: "Other", status: "True" }] } };
      const after = await session().patch(`${path}/status`, more, strategicPatch);
      expect(after.status).toMatchObject({ phase: "Running", podIP: "10.1.0.1" });
      expect(after.status.conditions.map((condition: Answer) => condition.type).sort()).toEqual(["Other", "Ready"]);
      await session().expect(200, "DELETE", path, { query: { gracePeriodSeconds: "0" } });
    });

    it("keeps a pod's spec, but not its annotations, as it is", async () => {
      const name = unique("p");
      const path = `${session().core}/pods/${name}`;
      await session().create(`${session().core}/pods`, pod(name, { nodeName: "suite-node" }));
      await session().patch(path, { spec: { nodeName: "other" } }, mergePatch, 422);
      const annotations = { "controller.kubernetes.io/pod-deletion-cost": "5" };
      expect((await session().patch(path, { metadata: { annotations } }, mergePatch)).metadata).toMatchObject({
        annotations,
      });
      await session().expect(200, "DELETE", path, { query: { gracePeriodSeconds: "0" } });
    });

    it("refuses a pod without containers", async () => {
      const body = pod(unique("p"), { containers: [] });
      const refused = await session().expect(422, "POST", `${session().core}/pods`, { body });
      expect(refused.message).toContain("spec.containers: Required value");
    });

    it("gives a Service an address, unless it wants none", async () => {
      const service = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Service", metadata: { name }, spec });
      const path = `${session().core}/services`;
      const given = await session().create(path, service(unique("s"), { ports: [{ port: 80 }] }));
      expect(given.spec).toMatchObject({
        type: "ClusterIP",
        clusterIP: expect.stringMatching(/^10\./),
        ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      });
      const headless = await session().create(path, service(unique("s"), { clusterIP: "None", ports: [{ port: 80 }] }));
      expect(headless.spec.clusterIP).toBe("None");
      const selector = { spec: { selector: { a: "b" } } };
      const after = await session().patch(`${path}/${given.metadata.name}`, selector, mergePatch);
      expect(after.spec).toMatchObject({ selector: { a: "b" }, clusterIP: given.spec.clusterIP });
    });

    it("takes the times of a Lease with six digits, and no others", async () => {
      const path = session().inNamespace("coordination.k8s.io/v1", "leases");
      const lease = (name: string, renewTime: string) => ({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name },
        spec: { holderIdentity: "me", leaseDurationSeconds: 15, renewTime },
      });
      const name = unique("l");
      const created = await session().create(path, lease(name, "2026-01-01T00:00:00.000000Z"));
      expect(created.spec.renewTime).toBe("2026-01-01T00:00:00.000000Z");
      await session().expect(400, "POST", path, { body: lease(unique("l"), "2026-01-01T00:00:00.000Z") });
      const body = { ...created, metadata: { ...created.metadata, resourceVersion: "1" } };
      await session().expect(409, "PUT", `${path}/${name}`, { body });
      const { resourceVersion: _, ...unversioned } = created.metadata;
      await session().expect(422, "PUT", `${path}/${name}`, { body: { ...created, metadata: unversioned } });
    });

    it("shows an event in both of its groups", async () => {
      const name = unique("e");
      const regarding = { kind: "Pod", name: "p", namespace: session().api.namespace };
      const body = {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name },
        eventTime: "2026-01-01T00:00:00.000000Z",
        reportingController: "evenkeel.io/suite",
        reportingInstance: "one",
        action: "Testing",
        reason: "Tested",
        type: "Normal",
        note: "it was tested",
        regarding,
      };
      await session().create(session().inNamespace("events.k8s.io/v1", "events"), body);
      const core = await session().get(`${session().core}/events/${name}`);
      expect(core).toMatchObject({
        apiVersion: "v1",
        message: "it was tested",
        involvedObject: regarding,
        reportingComponent: "evenkeel.io/suite",
        eventTime: "2026-01-01T00:00:00.000000Z",
      });
      await session().expect(200, "DELETE", `${session().core}/events/${name}`);
      await session().expect(404, "GET", `${session().inNamespace("events.k8s.io/v1", "events")}/${name}`);
    });

    it("knows that a namespace is active", async () => {
      const namespace = await session().get(`/api/v1/namespaces/${session().api.namespace}`);
      expect(namespace).toMatchObject({ kind: "Namespace", status: { phase: "Active" } });
      expect(namespace.metadata.labels["kubernetes.io/metadata.name"]).toBe(session().api.namespace);
    });

    it("knows the definition of a custom resource", async () => {
      const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.suite.evenkeel.io";
      const { status } = await session().get(path);
      expect(status.acceptedNames).toMatchObject({ plural: "widgets", kind: "Widget", shortNames: ["wd"] });
      const established = status.conditions.find((condition: Answer) => condition.type === "Established");
      expect(established.status).toBe("True");
    });
  });
}
