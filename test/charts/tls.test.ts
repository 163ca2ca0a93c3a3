import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { hasOpenssl, useAuthority } from "../tools/authority.ts";
import { describeChart } from "../tools/chart/describe-chart.ts";
import { renderObjects, setValues } from "../tools/chart/objects.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";
import { blocksOf } from "../tools/documents/pages.ts";

const run = promisify(execFile);

describeChart("the chart with TLS", (helm) => {
  const render = (values: Readonly<Record<string, unknown>> = {}) =>
    renderObjects(helm, { release: "evenkeel", namespace: "ops", args: setValues(values) });
  const find = (objects: readonly KubeObject[], kind: string, name = "evenkeel") =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  const podOf = (objects: readonly KubeObject[]) => find(objects, "Deployment")!.spec.template.spec;
  const environment = (objects: readonly KubeObject[]): Record<string, string> =>
    Object.fromEntries(
      podOf(objects).containers[0].env.map(({ name, value }: Record<string, string>) => [name, value]),
    );
  /** The Secret in which a file lies that the container is told of. */
  function secretOf(objects: readonly KubeObject[], variable: string): unknown {
    const { containers, volumes } = podOf(objects);
    const file = environment(objects)[variable]!;
    const mount = containers[0].volumeMounts.find(({ mountPath }: { mountPath: string }) =>
      file.startsWith(`${mountPath}/`),
    );
    const volume = volumes.find(({ name }: { name: string }) => name === mount.name);
    return [volume.secret?.secretName, file.slice(mount.mountPath.length + 1)];
  }

  test("speaks it by the Secret that is named, to all who come, but not to the kubelet", async () => {
    const plain = await render({ "page.enabled": true });
    expect(Object.keys(environment(plain)).filter((name) => /TLS|AUTH|CERT/.test(name))).toEqual([]);
    const objects = await render({
      "tls.secretName": "evenkeel-tls",
      "tls.clientCaSecret.name": "proxies",
      "page.enabled": true,
      "serviceMonitor.enabled": true,
    });
    expect(secretOf(objects, "EVENKEEL_TLS_CERT_FILE")).toEqual(["evenkeel-tls", "tls.crt"]);
    expect(secretOf(objects, "EVENKEEL_TLS_KEY_FILE")).toEqual(["evenkeel-tls", "tls.key"]);
    expect(secretOf(objects, "EVENKEEL_TLS_CA_FILE")).toEqual(["evenkeel-tls", "ca.crt"]);
    expect(secretOf(objects, "EVENKEEL_TLS_CLIENT_CA_FILE")).toEqual(["proxies", "ca.crt"]);
    const { livenessProbe, readinessProbe } = podOf(objects).containers[0];
    expect([livenessProbe.httpGet.scheme, readinessProbe.httpGet.scheme]).toEqual([undefined, undefined]);
    const ports = find(objects, "Service")!.spec.ports;
    expect(ports.map(({ name, appProtocol }: Record<string, string>) => [name, appProtocol])).toEqual([
      ["http", "https"],
      ["page", "https"],
    ]);
    const { spec } = find(objects, "ServiceMonitor")!;
    expect(spec.endpoints[0]).toMatchObject({
      scheme: "https",
      tlsConfig: { serverName: "evenkeel.ops.svc", ca: { secret: { name: "evenkeel-tls", key: "ca.crt" } } },
    });
    expect(find(objects, "Role", "evenkeel-explain")!.rules[1].resourceNames).toEqual(["https:evenkeel:http"]);
    expect(find(plain, "Role", "evenkeel-explain")!.rules[1].resourceNames).toEqual(["http:evenkeel:http"]);
  });

  test("has cert-manager make the Secret, for the names that clients and Prometheus use", async () => {
    const issuerRef = { kind: "ClusterIssuer", name: "internal" };
    const objects = await render({ "tls.certificate.create": true, "tls.certificate.issuerRef": issuerRef });
    const { spec } = find(objects, "Certificate")!;
    expect(spec).toMatchObject({ secretName: "evenkeel-tls", issuerRef, usages: ["server auth", "client auth"] });
    expect(spec.dnsNames).toEqual(["evenkeel.ops.svc", "evenkeel.ops.svc.cluster.local", "evenkeel.ops"]);
    expect(secretOf(objects, "EVENKEEL_TLS_KEY_FILE")).toEqual(["evenkeel-tls", "tls.key"]);
  });

  test("asks who clients are only where it is told to, with rights for that alone", async () => {
    const named = (objects: readonly KubeObject[]) =>
      objects
        .filter(({ metadata }) => /-(auth|metrics)$/.test(metadata.name))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(named(await render({ "tls.secretName": "evenkeel-tls" }))).toEqual([]);
    const objects = await render({
      "tls.secretName": "evenkeel-tls",
      "auth.enabled": true,
      "auth.audiences": ["evenkeel", "other"],
      "serviceMonitor.enabled": true,
      watchNamespaces: ["shop"],
    });
    expect(named(objects)).toEqual([
      "ClusterRole ops-evenkeel-auth",
      "ClusterRole ops-evenkeel-metrics",
      "ClusterRoleBinding ops-evenkeel-auth",
    ]);
    expect(find(objects, "ClusterRole", "ops-evenkeel-auth")!.rules).toEqual([
      { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
      { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
    ]);
    expect(find(objects, "Role", "ops-evenkeel")!.rules).toContainEqual({
      apiGroups: ["evenkeel.io"],
      resources: ["loadbalancerpools/endpoints"],
      verbs: ["update"],
    });
    expect(find(objects, "ServiceMonitor")!.spec.endpoints[0].bearerTokenFile).toMatch(/serviceaccount\/token$/);
    const byPods = { "tls.secretName": "evenkeel-tls", "auth.enabled": true, "podMonitor.enabled": true };
    await expect(render(byPods)).rejects.toThrow(/needs podMonitor\.tokenSecret\.name/);
    const secret = { "podMonitor.tokenSecret.name": "scrape", "podMonitor.tokenSecret.key": "jwt" };
    const [endpoint] = find(await render({ ...byPods, ...secret }), "PodMonitor")!.spec.podMetricsEndpoints;
    expect(endpoint.authorization).toEqual({ credentials: { name: "scrape", key: "jwt" } });
    expect(endpoint).not.toHaveProperty("bearerTokenFile");
    const volume = podOf(objects).volumes.find(({ name }: { name: string }) => name === "peer-token");
    expect(volume.projected.sources[0].serviceAccountToken.audience).toBe("evenkeel");
    const flags = ["auth", "auth-audiences", "peer-token-file", "tls-cert-file", "tls-key-file"] as const;
    const env = environment(objects);
    const given = flags.flatMap((flag) => {
      const value = env[runFlags[flag].env]!;
      return "value" in runFlags[flag] ? [`--${flag}=${value}`] : value === "true" ? [`--${flag}`] : [];
    });
    expect(readFlags(runFlags, given)).toMatchObject({ auth: true, "auth-audiences": ["evenkeel", "other"] });
  });

  test("takes the values that docs/security.md shows", async () => {
    const shown = blocksOf("docs/security.md").filter(({ language }) => language === "yaml");
    expect(shown).toHaveLength(2);
    for (const { text } of shown) {
      const objects = await render(parse(text) as Record<string, unknown>);
      expect(environment(objects).EVENKEEL_TLS_KEY_FILE).toBe("/etc/evenkeel/tls/tls.key");
    }
  });

  test("does not ask for tokens in plain text", async () => {
    await expect(render({ "auth.enabled": true })).rejects.toThrow(/auth\.enabled needs TLS/);
  });

  describe.skipIf(!hasOpenssl())("asks in `helm test`", () => {
    const authority = useAuthority();
    test("over TLS, whoever signed the certificate", async () => {
      const pod = find(await render({ "tls.secretName": "evenkeel-tls" }), "Pod", "evenkeel-test")!;
      const [container] = pod.spec.containers;
      const pair = await authority.sign({ name: "evenkeel", hosts: "DNS:evenkeel.ops.svc" });
      const server = createServer(pair, (_, response) => response.end()).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const [, ...args] = container.command as string[];
      expect(args.at(-1)).toBe("https://evenkeel.ops.svc:8080/readyz");
      const env = Object.fromEntries(container.env.map(({ name, value }: Record<string, string>) => [name, value]));
      const words = [...args.slice(0, -1), `https://127.0.0.1:${port}/readyz`];
      const { stdout } = await run(process.execPath, words, { env: { ...process.env, ...env } });
      server.close();
      expect(stdout).toContain("is ready");
    });
  });
});
