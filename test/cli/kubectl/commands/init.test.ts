import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bodyOf } from "../../../builders/pages/pages.ts";
import { hasOpenssl, useAuthority } from "../../../tools/authority.ts";
import { PageCluster, problemsOf } from "../page-cluster.ts";

let cluster: PageCluster;
const authority = useAuthority();

const run = (...args: readonly string[]) => cluster.run("init", ...args, "--observe", "0s");

/** The pool that is proposed, with the text around it. */
async function propose(...args: readonly string[]) {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(Math.max(...`${stdout}${stderr}`.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  return { pool: parse(stdout), yaml: stdout, said: stderr.replace(/\s+/g, " ") };
}

beforeAll(async () => {
  cluster = await PageCluster.start();
});

afterAll(() => cluster?.stop());

describe("a workload", () => {
  test("whose pods tell their connections and load gets a pool that the API server would take", async () => {
    await cluster.deploy("spring", { "9090/actuator/prometheus": bodyOf("spring") });
    const { pool, yaml, said } = await propose("deployment/spring");
    expect(pool.spec).toMatchObject({
      targetRef: { name: "spring" },
      ports: [{ name: "http", port: 8080 }],
      strategy: { type: "LeastConnections" },
      metrics: {
        source: {
          http: {
            port: "metrics",
            path: "/actuator/prometheus",
            connections: { name: "tomcat_threads_busy_threads" },
            load: { name: "tomcat_threads_busy_threads", capacity: "200" },
            responseTime: { name: "http_server_requests_seconds" },
            errors: { name: "http_server_requests_seconds_count", matchLabels: { outcome: "SERVER_ERROR" } },
          },
        },
      },
      scaling: { mode: "Recommend", minReplicas: 2, maxReplicas: 4, maxAverageLoad: 50 },
    });
    expect(yaml).toContain("# Also possible: ");
    expect(said).toContain("the API server would take pool shop/spring");
    expect(problemsOf(pool)).toEqual([]);
  });

  test("of which too little was seen leaves what a pod can hold as a question", async () => {
    await cluster.deploy(
      "nginx",
      { "9113/metrics": bodyOf("nginxExporter") },
      {
        containers: [
          { name: "nginx", image: "nginx:1", ports: [{ containerPort: 80 }] },
          { name: "exporter", image: "exporter:1", ports: [{ name: "metrics", containerPort: 9113 }] },
        ],
      },
    );
    const { pool, yaml } = await propose("deploy/nginx");
    expect(pool.spec.ports).toEqual([{ name: "p80", port: 80 }]);
    expect(pool.spec.metrics.source.http.connections).toEqual({ name: "nginx_connections_active" });
    expect(pool.spec.scaling).toBeUndefined();
    expect(yaml).toMatch(/# +connectionsPerPod: 100\n/);
    expect(yaml).toContain("too few to tell");
  });

  test("whose pods were seen at work gets twice what was seen", async () => {
    await cluster.deploy("busy", {
      "9090/metrics": "# TYPE app_active_connections gauge\napp_active_connections 40\n",
    });
    const { pool, yaml } = await propose("deployment/busy");
    expect(pool.spec.scaling).toMatchObject({ mode: "Recommend", connectionsPerPod: 80 });
    expect(yaml.replace(/\s*#\s*/g, " ")).toContain("had up to 40; this is twice as many.");
  });

  test("is read where its annotations say", async () => {
    const annotations = { "prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/own" };
    const page = "# TYPE app_active_connections gauge\napp_active_connections 1\n";
    await cluster.deploy("annotated", { "8080/own": page }, { annotations });
    const { pool } = await propose("deployment/annotated");
    expect(pool.spec.metrics.source.http).toMatchObject({ port: "http", path: "/own" });
  });

  test.skipIf(!hasOpenssl())("whose pods speak TLS is read by it, and the pool says so", async () => {
    const tls = await authority.sign({ name: "pods", hosts: "IP:127.0.0.1" });
    const page = "# TYPE app_active_connections gauge\napp_active_connections 1\n";
    await cluster.deploy("secure", { "9090/metrics": page }, { tls });
    const { pool } = await propose("deployment/secure");
    expect(pool.spec.metrics.source.http).toMatchObject({ port: "metrics", scheme: "HTTPS", path: "/metrics" });
  });

  test("whose workers are a list has them added up, and is found at the root of a port for it", async () => {
    const ports = [
      { name: "http", containerPort: 8080 },
      { name: "stats", containerPort: 9191 },
    ];
    await cluster.deploy("workers", { "9191/": bodyOf("uwsgi") }, { ports });
    const { pool, yaml } = await propose("deployment/workers");
    expect(pool.spec.metrics.source).toEqual({
      json: {
        port: "stats",
        path: "/",
        connections: { pointer: "/workers/*/cores/*/in_request" },
        load: { pointer: "/workers/*/cores/*/in_request", capacity: "3" },
        requests: { pointer: "/workers/*/requests" },
        errors: { pointer: "/workers/*/exceptions" },
      },
    });
    expect(yaml.replace(/\s*#\s*/g, " ")).toContain("* stands for every element of a list: they are added up");
    expect(problemsOf(pool)).toEqual([]);
  });

  const processorTime =
    "# TYPE app_active_connections gauge\napp_active_connections 1\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 3\n";

  test("whose sidecar alone asks for CPU does not get that for its own", async () => {
    const sidecar = { name: "proxy", image: "proxy:1", resources: { requests: { cpu: "100m" } } };
    const app = { name: "app", image: "app:1", ports: [{ name: "metrics", containerPort: 9090 }] };
    await cluster.deploy("sidecar", { "9090/metrics": processorTime }, { containers: [app, sidecar] });
    const { pool, yaml } = await propose("deployment/sidecar");
    expect(pool.spec.metrics.source.http.load).toBeUndefined();
    expect(yaml.replace(/\s*#\s*/g, " ")).toContain("No CPU request or limit says so");
    const asking = { ...app, resources: { limits: { cpu: "2" } } };
    await cluster.deploy("asking", { "9090/metrics": processorTime }, { containers: [asking, sidecar] });
    expect((await propose("deployment/asking")).pool.spec.metrics.source.http.load).toMatchObject({ capacity: "2" });
  });

  test("whose ports have names that a pool's cannot have gets others", async () => {
    const ports = [
      { name: "8080-tcp", containerPort: 8080 },
      { name: "metrics", containerPort: 9090 },
    ];
    await cluster.deploy("digits", { "9090/metrics": processorTime }, { ports });
    const { pool } = await propose("deployment/digits");
    expect(pool.spec.ports).toEqual([{ name: "p8080", port: 8080 }]);
    expect(problemsOf(pool)).toEqual([]);
    await cluster.session.create(`${cluster.session.core}/services`, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "digits-http" },
      spec: { selector: { app: "digits" }, ports: [{ name: "80-tcp", port: 80, targetPort: "8080-tcp" }] },
    });
    expect((await propose("deployment/digits")).pool.spec.ports).toEqual([{ name: "p8080", port: 8080 }]);
  });

  test("without any page gets a probe, and the reason", async () => {
    await cluster.deploy("mute", {});
    const { pool, yaml } = await propose("deployment/mute");
    expect(pool.spec.metrics).toEqual({ probe: { type: "TCP" } });
    expect(pool.spec.strategy.type).toBe("FastestResponse");
    expect(yaml.replace(/\s*#\s*/g, " ")).toContain("No page of metrics was found on pod mute-");
  });

  test("with a page that does not show how busy they are gets a probe, and the reason", async () => {
    await cluster.deploy("serving", {
      "9090/metrics": "# TYPE :tensorflow:core:graph_runs counter\n:tensorflow:core:graph_runs 4\n",
    });
    const { pool, yaml, said } = await propose("deployment/serving");
    expect(pool.spec.metrics).toEqual({ probe: { type: "TCP" } });
    const text = yaml.replace(/\s*#\s*/g, " ");
    expect(text).toContain("port metrics, /metrics (TensorFlow Serving) does not show how busy this pod is");
    expect(text).toContain("microseconds, which a pool does not read");
    expect(`${text}${said}`).not.toContain("No page of metrics");
  });

  test("with stub_status alone is told of the exporter", async () => {
    await cluster.deploy("stub", { "8080/stub_status": bodyOf("nginxStubStatus") });
    const { said } = await propose("deployment/stub");
    expect(said).toContain("put nginx-prometheus-exporter beside it");
  });

  test("without pods is described by its template", async () => {
    await cluster.deploy("empty", {}, { replicas: 0 });
    const { pool, yaml } = await propose("deployment/empty");
    expect(pool.spec.ports).toEqual([{ name: "http", port: 8080 }]);
    expect(yaml.replace(/\s*#\s*/g, " ")).toContain("has no pods (0 replicas)");
  });

  test("whose pods are not ready is read all the same", async () => {
    cluster.pods.keepUnready("starting");
    await cluster.deploy("starting", {
      "9090/metrics": "# TYPE app_active_connections gauge\napp_active_connections 1\n",
    });
    const { pool, said } = await propose("deployment/starting");
    expect(pool.spec.metrics.source.http.connections).toEqual({ name: "app_active_connections" });
    expect(said).toContain("No pod is ready");
  });

  test("beside a Service and an autoscaler leaves both alone and says so", async () => {
    await cluster.deploy("taken", { "9090/metrics": bodyOf("rabbitmq") });
    await cluster.session.create(`${cluster.session.core}/services`, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "taken" },
      spec: { selector: { app: "taken" }, ports: [{ name: "web", port: 80, targetPort: "http" }] },
    });
    const { pool, yaml } = await propose("deployment/taken");
    expect(pool.spec.publish).toEqual({ service: "taken-pool" });
    expect(pool.spec.ports).toEqual([{ name: "web", port: 8080 }]);
    expect(yaml).toContain("Where Service taken sends its port 80.");
    await cluster.session.create(`/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers`, {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "taken" },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "taken" },
        minReplicas: 3,
        maxReplicas: 30,
        metrics: [{ type: "Object", object: { metric: { name: "hits" }, target: { type: "Value", value: "1" } } }],
      },
    });
    expect((await propose("deployment/taken")).said).toContain("hpa/taken scales taken already.");
    const translated = await propose("hpa/taken");
    expect(translated.yaml).toContain("minReplicas: 3");
    expect(translated.said).toContain("Not taken over from hpa/taken: metric hits of type Object");
  });

  test("is applied at once with --apply, and then told to be there", async () => {
    await cluster.deploy("applied", { "9090/metrics": "# TYPE app_load_percent gauge\napp_load_percent 20\n" });
    const { said } = await propose("deployment/applied", "--apply");
    expect(said).toContain("Applied pool shop/applied.");
    const stored = await cluster.session.get(`/apis/evenkeel.io/v1alpha1/namespaces/shop/loadbalancerpools/applied`);
    expect(stored.metadata.managedFields[0].manager).toBe("kubectl-evenkeel");
    expect(stored.spec.scaling.mode).toBe("Recommend");
    expect((await propose("deployment/applied")).said).toContain("Pool shop/applied is there already");
  });
});

test.each([
  [2, ["deployment"], /write KIND\/NAME, such as deployment\/checkout/],
  [2, ["pod/web-1"], /pod has no replicas that could be scaled/],
  [2, [], /name one workload/],
  [1, ["deployment/none"], /there is no Deployment shop\/none/],
  [1, ["widget/none"], /no kind is known as widget: write its group/],
  [1, ["widget.example.com/none"], /knows no group example.com/],
  [1, ["rollout/none"], /has no Rollout \(argoproj.io\/v1alpha1\)/],
] as const)("ends with %i for %j", async (code, args, message) => {
  const ended = await run(...args);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
});
