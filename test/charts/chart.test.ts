import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { credentialsPolicy } from "../../src/api/credentials-policy.ts";
import { pool } from "../../src/api/pool.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { chartFolder, renderChart } from "../../tools/chart/render.ts";
import { type ValueSchema, valuesSchema } from "../../tools/chart/values-schema.ts";
import { describeChart } from "../tools/chart/describe-chart.ts";
import { renderObjects, setValues } from "../tools/chart/objects.ts";
import { everySwitch } from "../tools/chart/switches.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";

const run = promisify(execFile);

// Helm is quick, but a busy machine is not.
const chart = parse(readFileSync(join(chartFolder, "Chart.yaml"), "utf8"));

const find = (objects: readonly KubeObject[], kind: string, name?: string): KubeObject => {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  if (found.length !== 1) throw new Error(`${found.length} objects ${kind} ${name ?? ""}`);
  return found[0]!;
};

const ofKind = (objects: readonly KubeObject[], ...kinds: readonly string[]) =>
  objects.filter(({ kind }) => kinds.includes(kind ?? ""));

const environment = (objects: readonly KubeObject[]): Record<string, string | undefined> => {
  const [container] = find(objects, "Deployment").spec.template.spec.containers;
  return Object.fromEntries(container.env.map(({ name, value }: { name: string; value?: string }) => [name, value]));
};

describe("Chart.yaml", () => {
  test("has the version of package.json, everywhere", () => {
    const [image] = parse(chart.annotations["artifacthub.io/images"]);
    expect([chart.version, chart.appVersion, image.image.split(":")[1]]).toEqual([
      manifest.version,
      manifest.version,
      manifest.version,
    ]);
  });

  test("has the page's icon, which needs no other server", () => {
    const [type, data] = chart.icon.split(";base64,");
    expect(type).toBe("data:image/svg+xml");
    const icon = readFileSync(new URL("../../src/page/icon.svg", import.meta.url), "utf8");
    expect(Buffer.from(data, "base64").toString()).toBe(icon.trim());
  });

  test("shows a pool that is one", () => {
    const examples = parse(chart.annotations["artifacthub.io/crdsExamples"]);
    for (const example of examples) expect(pool.safeParse(example).error).toBeUndefined();
  });
});

describe("values.schema.json", () => {
  const objects = (schema: ValueSchema): ValueSchema[] =>
    [schema.items, ...(schema.anyOf ?? []), ...Object.values(schema.properties ?? {})]
      .filter((inner) => inner !== undefined)
      .flatMap((inner) => [inner, ...objects(inner)]);
  const schemas = [valuesSchema(), ...objects(valuesSchema())];

  test("describes every value", () => {
    const named = schemas.flatMap(({ properties = {} }) => Object.entries(properties));
    expect(named.filter(([, { description }]) => !description).map(([name]) => name)).toEqual([]);
  });

  test("lets no object of ours have other values, but for what charts share", () => {
    const open = schemas.filter(({ properties, additionalProperties }) => properties && additionalProperties !== false);
    expect(open).toEqual([valuesSchema().properties?.global]);
  });
});

describeChart("the chart", (helm) => {
  const render = (values: Readonly<Record<string, unknown>> = {}, release = "evenkeel", namespace = "evenkeel") =>
    renderObjects(helm, { release, namespace, args: setValues(values) });
  let byDefault: KubeObject[];
  beforeAll(async () => {
    byDefault = await render();
  });

  test("passes helm lint --strict, whatever is switched", async () => {
    for (const values of everySwitch(["shop", "search"])) {
      const { stdout } = await run(helm, ["lint", "--strict", ...setValues(values), chartFolder]);
      expect(stdout, JSON.stringify(values)).toMatch(/1 chart\(s\) linted, 0 chart\(s\) failed/);
      expect(stdout, JSON.stringify(values)).not.toMatch(/INFO|WARNING|ERROR/);
    }
  });

  test.each([
    ["a value that there is not", ["--set", "pages.enabled=true"], /pages/],
    ["a value of a group that there is not", ["--set", "page.host=x"], /host/],
    ["a number that is none", ["--set", "replicaCount=many"], /replicaCount/],
    ["no replica", ["--set", "replicaCount=0"], /replicaCount/],
    ["a name that no object may have", ["--set", "fullnameOverride=Even_Keel"], /fullnameOverride/],
    ["an account's name that is none", ["--set", "serviceAccount.name=a b"], /serviceAccount/],
    ["a time that is none", ["--set", "lease.duration=15"], /lease/],
    [
      "an Ingress that the page would not answer",
      ["--set", "page.enabled=true,page.ingress.enabled=true"],
      /page.hosts/,
    ],
    ["an Ingress to a page that is not served", ["--set", "page.ingress.enabled=true"], /page.enabled/],
    [
      "a route without a Gateway",
      ["--set", "page.enabled=true,page.httpRoute.enabled=true,page.hosts={a.example.com}"],
      /parentRefs/,
    ],
    ["a word that is not among those there are", ["--set", "admissionPolicy.action=Refuse"], /action/],
    ["a digest that is none", ["--set", "image.digest=latest"], /digest/],
    ["a Kubernetes without ValidatingAdmissionPolicy", ["--kube-version", "1.29.9"], /incompatible/],
  ])("refuses %s", async (_, args, words) => {
    await expect(renderChart(helm, { args })).rejects.toThrow(words);
  });

  test("runs the image of its version, or the given one", async () => {
    const imageOf = (objects: readonly KubeObject[]) =>
      find(objects, "Deployment").spec.template.spec.containers[0].image;
    expect(imageOf(byDefault)).toBe(`evenkeel:${manifest.version}`);
    expect(imageOf(await render({ "image.repository": "r.example/e", "image.tag": "edge" }))).toBe("r.example/e:edge");
    const digest = `sha256:${"0".repeat(64)}`;
    expect(imageOf(await render({ "image.tag": "edge", "image.digest": digest }))).toBe(`evenkeel@${digest}`);
  });

  test("keeps the CRD on uninstalling, unless told otherwise", async () => {
    const policyOf = (objects: readonly KubeObject[]) =>
      find(objects, "CustomResourceDefinition").metadata.annotations?.["helm.sh/resource-policy"];
    expect(policyOf(byDefault)).toBe("keep");
    expect(policyOf(await render({ "crds.keep": false }))).toBeUndefined();
    expect(ofKind(await render({ "crds.enabled": false }), "CustomResourceDefinition")).toEqual([]);
  });

  test("has the CRD that src/api says, word for word", async () => {
    const generated = parse(readFileSync(new URL("../../manifests/crd.yaml", import.meta.url), "utf8"));
    expect(find(byDefault, "CustomResourceDefinition").spec).toEqual(generated.spec);
  });

  test("gives rights without wildcards, on Secrets none, on the cluster none when it looks at some namespaces", async () => {
    const some = await render({ watchNamespaces: ["shop", "payments", "shop"] });
    for (const objects of [byDefault, some, await render({ "rbac.aggregateToDefaultRoles": true })]) {
      for (const { rules } of ofKind(objects, "Role", "ClusterRole")) {
        const words = rules.flatMap((rule: Record<string, string[]>) => Object.values(rule).flat());
        expect(words.filter((word: string) => word.includes("*") || word.includes("secret"))).toEqual([]);
      }
    }
    expect(ofKind(some, "ClusterRole", "ClusterRoleBinding")).toEqual([]);
    const places = ofKind(some, "RoleBinding").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(places.sort()).toEqual(["evenkeel/evenkeel-lease", "payments/evenkeel", "shop/evenkeel"]);
    expect(environment(some).EVENKEEL_NAMESPACES).toBe("shop,payments");
    expect(environment(byDefault)).not.toHaveProperty("EVENKEEL_NAMESPACES");
  });

  test("gives rights on more kinds, which the admission policy knows then", async () => {
    const rollout = { apiGroup: "argoproj.io", resource: "rollouts", kind: "Rollout" };
    const objects = await render({ "rbac.extraScaleTargets": [rollout] });
    const { rules } = find(objects, "ClusterRole");
    expect(rules).toContainEqual({ apiGroups: ["argoproj.io"], resources: ["rollouts"], verbs: ["list", "watch"] });
    expect(rules).toContainEqual({
      apiGroups: ["argoproj.io"],
      resources: ["rollouts/scale"],
      verbs: ["get", "patch"],
    });
    const { variables } = find(objects, "ValidatingAdmissionPolicy", "evenkeel-may-scale").spec;
    const { expression } = variables.find(({ name }: { name: string }) => name === "resources");
    expect(JSON.parse(expression)).toMatchObject({
      "argoproj.io/Rollout": "rollouts",
      "apps/Deployment": "deployments",
    });
  });

  test("does not let Secrets be read without the policy that asks who names them", async () => {
    expect(environment(byDefault)).not.toHaveProperty("EVENKEEL_CREDENTIALS_POLICY");
    expect(JSON.stringify(ofKind(byDefault, "ClusterRole", "Role"))).not.toContain('"secrets"');
    const objects = await render({ "credentials.enabled": true, "admissionPolicy.action": "Audit" });
    const name = environment(objects).EVENKEEL_CREDENTIALS_POLICY;
    for (const from of [objects, byDefault]) {
      expect(find(from, "ValidatingAdmissionPolicy", name).spec).toEqual(credentialsPolicy);
      const binding = find(from, "ValidatingAdmissionPolicyBinding", name);
      expect(binding.spec).toEqual({ policyName: name, validationActions: ["Deny"] });
    }
    await expect(render({ "credentials.enabled": true, "admissionPolicy.enabled": false })).rejects.toThrow(
      "credentials.enabled needs admissionPolicy.enabled",
    );
  });

  test("lets the operator list kinds that stand between a workload and its pods, and no more", async () => {
    const objects = await render({ "rbac.extraOwners": [{ apiGroup: "", resource: "replicationcontrollers" }] });
    const { rules } = find(objects, "ClusterRole");
    expect(
      rules.filter(({ resources }: { resources: string[] }) => resources.includes("replicationcontrollers")),
    ).toEqual([{ apiGroups: [""], resources: ["replicationcontrollers"], verbs: ["list"] }]);
  });

  test("lets the operator write Istio's entries where a value asks for it, and nowhere else", async () => {
    const entries = { apiGroups: ["networking.istio.io"], resources: ["workloadentries", "serviceentries"] };
    const verbs = ["list", "watch", "create", "update", "delete"];
    expect(JSON.stringify(byDefault)).not.toContain("networking.istio.io");
    const everywhere = await render({ "rbac.istio": true });
    expect(find(everywhere, "ClusterRole", "evenkeel").rules).toContainEqual({ ...entries, verbs });
    const some = await render({ "rbac.istio": true, watchNamespaces: ["shop"] });
    expect(find(some, "Role", "evenkeel").rules).toContainEqual({ ...entries, verbs });
  });

  test("has a Role for those who ask why, of which the operator has no need", async () => {
    const role = find(await render({}, "ek", "ops"), "Role", "ek-evenkeel-explain");
    expect(role.metadata.namespace).toBe("ops");
    expect(role.rules).toEqual([
      { apiGroups: [""], resources: ["services"], verbs: ["list"] },
      { apiGroups: [""], resources: ["services/proxy"], resourceNames: ["http:ek-evenkeel:http"], verbs: ["get"] },
    ]);
    const bound = ofKind(byDefault, "RoleBinding").map(({ roleRef }) => roleRef.name);
    expect(bound).toEqual(["evenkeel-lease"]);
    for (const off of [{ "rbac.explainRole": false }, { "rbac.create": false }]) {
      expect(ofKind(await render(off), "Role").filter(({ metadata }) => metadata.name.endsWith("-explain"))).toEqual(
        [],
      );
    }
  });

  test("sets no environment but what the operator knows", async () => {
    const known = Object.values(runFlags).flatMap((flag): string[] => ("env" in flag ? [flag.env] : []));
    const everything = { "page.enabled": true, "push.tokenSecret.name": "clients", watchNamespaces: ["shop"] };
    const names = Object.keys(environment(await render(everything)));
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    expect(names).toHaveLength(15);
  });

  test("tells replicas of each other and serves the page, when told to", async () => {
    const hosts = ["pools.example.com"];
    const objects = await render({ "page.enabled": true, "page.port": 80, "page.hosts": hosts }, "ek", "ops");
    expect(environment(objects)).toMatchObject({
      EVENKEEL_PEERS: "ek-evenkeel-peers.ops.svc:8080",
      EVENKEEL_PAGE: "true",
      EVENKEEL_PAGE_PORT: "8081",
      EVENKEEL_PAGE_HOSTS:
        "ek-evenkeel,ek-evenkeel.ops,ek-evenkeel.ops.svc,ek-evenkeel.ops.svc.cluster.local,pools.example.com",
      EVENKEEL_LEASE_NAME: "ek-evenkeel",
    });
    const peers = find(objects, "Service", "ek-evenkeel-peers");
    expect(peers.spec).toMatchObject({ clusterIP: "None", ports: [{ port: 8080 }] });
    const { ports } = find(objects, "Service", "ek-evenkeel").spec;
    expect(ports).toContainEqual({ name: "page", port: 80, targetPort: "page" });
    const [container] = find(objects, "Deployment").spec.template.spec.containers;
    expect(container.ports).toContainEqual({ name: "page", containerPort: 8081 });
    expect(environment(byDefault)).not.toHaveProperty("EVENKEEL_PAGE");
    const alone = await render({ "push.enabled": false });
    expect(environment(alone)).not.toHaveProperty("EVENKEEL_PEERS");
    expect(ofKind(alone, "Service")).toHaveLength(1);
  });

  test("puts the annotations that all objects share on every object, and an object's own before them", async () => {
    const everything = {
      commonAnnotations: { shared: "yes", both: "shared" },
      deploymentAnnotations: { both: "own" },
      "crds.annotations": { both: "own" },
      "networkPolicy.enabled": true,
      "serviceMonitor.enabled": true,
      "podMonitor.enabled": true,
      "prometheusRule.enabled": true,
      "dashboard.enabled": true,
      "rbac.aggregateToDefaultRoles": true,
      "page.enabled": true,
      "page.hosts": ["pools.example.com"],
      "page.ingress.enabled": true,
      "page.httpRoute.enabled": true,
      "page.httpRoute.parentRefs": [{ name: "internal" }],
    };
    for (const objects of [await render(everything), await render({ ...everything, watchNamespaces: ["shop"] })]) {
      const without = objects.filter(({ metadata }) => metadata.annotations?.shared !== "yes");
      expect(without.map(({ kind }) => kind)).toEqual([]);
      expect(find(objects, "Deployment").metadata.annotations?.both).toBe("own");
      const { annotations } = find(objects, "CustomResourceDefinition").metadata;
      expect(annotations).toEqual({ shared: "yes", both: "own", "helm.sh/resource-policy": "keep" });
    }
    expect(ofKind(byDefault, "Deployment", "Service").filter(({ metadata }) => metadata.annotations)).toEqual([]);
  });

  test("takes a key without a value for one that is not there", async () => {
    const empty = ["service.annotations", "serviceAccount.annotations", "commonAnnotations", "crds.annotations"];
    const nothing = Object.fromEntries(
      [...empty, "image.pullSecrets", "global.imagePullSecrets"].map((name) => [name, null]),
    );
    expect((await render(nothing)).map(({ kind }) => kind)).toEqual(byDefault.map(({ kind }) => kind));
  });

  test("pulls every image from the registry that charts share, with its Secrets and ours", async () => {
    const shared = {
      "global.imageRegistry": "registry.example.com/",
      "global.imagePullSecrets": ["all", { name: "b" }],
    };
    const objects = await render({
      ...shared,
      "global.another": 1,
      "image.pullSecrets": [{ name: "b" }, { name: "c" }],
    });
    const pods = [find(objects, "Deployment").spec.template.spec, find(objects, "Pod").spec];
    for (const { containers, imagePullSecrets } of pods) {
      expect(containers[0].image).toBe(`registry.example.com/evenkeel:${manifest.version}`);
      expect(imagePullSecrets).toEqual([{ name: "all" }, { name: "b" }, { name: "c" }]);
    }
  });

  test("runs with more flags, which the operator reads before its environment", async () => {
    const [container] = find(await render({ extraArgs: ["--log-level=debug"] }), "Deployment").spec.template.spec
      .containers;
    expect(container.args).toEqual(["run", "--log-level=debug"]);
    expect(find(byDefault, "Deployment").spec.template.spec.containers[0]).not.toHaveProperty("args");
  });

  test("leads to the page by an Ingress or a route, under the names that it answers", async () => {
    const hosts = ["a.example.com", "b.example.com"];
    const objects = await render({
      "page.enabled": true,
      "page.port": 80,
      "page.hosts": hosts,
      "page.ingress.enabled": true,
      "page.httpRoute.enabled": true,
      "page.httpRoute.parentRefs": [{ name: "internal" }],
    });
    const { rules } = find(objects, "Ingress").spec;
    expect(rules.map(({ host }: { host: string }) => host)).toEqual(hosts);
    const { service } = rules[0].http.paths[0].backend;
    const { metadata, spec } = find(objects, "Service", "evenkeel");
    expect(service.name).toBe(metadata.name);
    expect(spec.ports.map(({ name }: { name: string }) => name)).toContain(service.port.name);
    const route = find(objects, "HTTPRoute").spec;
    expect(route.hostnames).toEqual(hosts);
    expect(route.rules[0].backendRefs).toEqual([{ name: metadata.name, port: 80 }]);
  });

  test("answers HAProxy where it is told to, and lets it in", async () => {
    const objects = await render({ "haproxy.enabled": true, "haproxy.port": 9999, "networkPolicy.enabled": true });
    expect(environment(objects)).toMatchObject({ EVENKEEL_HAPROXY_BIND: ":9010" });
    const [container] = find(objects, "Deployment").spec.template.spec.containers;
    expect(container.ports).toContainEqual({ name: "haproxy", containerPort: 9010 });
    const { ports } = find(objects, "Service", "evenkeel").spec;
    expect(ports).toContainEqual({ name: "haproxy", port: 9999, targetPort: "haproxy" });
    const [{ ports: allowed }] = find(objects, "NetworkPolicy").spec.ingress;
    expect(allowed).toContainEqual({ port: "haproxy", protocol: "TCP" });
    expect(environment(byDefault)).not.toHaveProperty("EVENKEEL_HAPROXY_BIND");
  });

  test("answers gateways where it is told to, over HTTP/2, and lets them in", async () => {
    const objects = await render({ "extproc.enabled": true, "extproc.port": 9999, "networkPolicy.enabled": true });
    expect(environment(objects)).toMatchObject({ EVENKEEL_EXTPROC_BIND: ":9002" });
    const [container] = find(objects, "Deployment").spec.template.spec.containers;
    expect(container.ports).toContainEqual({ name: "extproc", containerPort: 9002 });
    const { ports } = find(objects, "Service", "evenkeel").spec;
    const appProtocol = "kubernetes.io/h2c";
    expect(ports).toContainEqual({ name: "extproc", port: 9999, targetPort: "extproc", appProtocol });
    const [{ ports: allowed }] = find(objects, "NetworkPolicy").spec.ingress;
    expect(allowed).toContainEqual({ port: "extproc", protocol: "TCP" });
    expect(environment(byDefault)).not.toHaveProperty("EVENKEEL_EXTPROC_BIND");
  });

  test("has probes ask on a port of their own, to which neither a Service nor the NetworkPolicy leads others", async () => {
    const objects = await render({ "networkPolicy.enabled": true, "page.enabled": true });
    const [container] = find(objects, "Deployment").spec.template.spec.containers;
    const { port: asked } = container.livenessProbe.httpGet;
    expect(container.readinessProbe.httpGet.port).toBe(asked);
    const { containerPort } = container.ports.find(({ name }: { name: string }) => name === asked);
    expect(environment(objects).EVENKEEL_HEALTH_PORT).toBe(String(containerPort));
    expect(container.ports.map(({ containerPort }: { containerPort: number }) => containerPort)).toHaveLength(3);
    const led = ofKind(objects, "Service").flatMap(({ spec }) =>
      spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort),
    );
    const [{ ports: allowed }] = find(objects, "NetworkPolicy").spec.ingress;
    expect([...led, ...allowed.map(({ port }: { port: string }) => port)]).not.toContain(asked);
  });

  test("takes the tokens of clients from a Secret, which it has no right to read", async () => {
    const objects = await render({ "push.tokenSecret.name": "clients" });
    const { volumes, containers } = find(objects, "Deployment").spec.template.spec;
    const volume = volumes.find(({ secret }: { secret?: object }) => secret);
    expect(volume.secret).toEqual({ secretName: "clients", items: [{ key: "tokens", path: "tokens" }] });
    const mount = containers[0].volumeMounts.find(({ name }: { name: string }) => name === volume.name);
    expect(environment(objects).EVENKEEL_PUSH_TOKEN_FILE).toBe(`${mount.mountPath}/tokens`);
  });

  test("gives objects of two releases different names, and keeps long ones short", async () => {
    const keyOf = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
    const here = await render({ "crds.enabled": false }, "evenkeel", "east");
    const there = await render({ "crds.enabled": false }, "evenkeel", "west");
    expect(here.map(keyOf).filter((key) => there.map(keyOf).includes(key))).toEqual([]);
    const long = await render({}, "r".repeat(53), "n".repeat(63));
    const tooLong = long.filter(({ kind, metadata }) => kind === "Service" && metadata.name.length > 63);
    expect(tooLong).toEqual([]);
    expect(new Set(long.map(keyOf)).size).toBe(long.length);
  });

  test("selects the operator's pods by its Service, and not the pod of its test", () => {
    const { selector } = find(byDefault, "Service", "evenkeel").spec;
    const has = (labels: Record<string, string> = {}) =>
      Object.entries(selector).every(([name, value]) => labels[name] === value);
    expect(has(find(byDefault, "Deployment").spec.template.metadata.labels)).toBe(true);
    expect(has(find(byDefault, "Pod").metadata.labels)).toBe(false);
  });

  test("asks in `helm test` until the operator is ready", async () => {
    const answers = [503, 200];
    const paths: (string | undefined)[] = [];
    const server = createServer(({ url }, response) => {
      paths.push(url);
      response.writeHead(answers.shift() ?? 500).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const [program, ...args] = find(byDefault, "Pod").spec.containers[0].command as string[];
    expect(program).toBe("node");
    expect(args.at(-1)).toBe("http://evenkeel.evenkeel.svc:8080/readyz");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
    const { stdout } = await run(process.execPath, [...args.slice(0, -1), url]);
    server.close();
    expect(stdout).toContain("is ready");
    expect(paths).toEqual(["/readyz", "/readyz"]);
  });
});
