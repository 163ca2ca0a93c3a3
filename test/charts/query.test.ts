import { expect, test } from "vitest";
import { describeChart } from "../tools/chart/describe-chart.ts";
import { renderObjects, setValues } from "../tools/chart/objects.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";

describeChart("the chart with a Prometheus to ask", (helm) => {
  const render = (values: Readonly<Record<string, unknown>>) =>
    renderObjects(helm, { release: "evenkeel", namespace: "ops", args: setValues(values) });
  const find = (objects: readonly KubeObject[], kind: string) => objects.find((object) => object.kind === kind)!;
  const podOf = (objects: readonly KubeObject[]) => find(objects, "Deployment").spec.template.spec;
  const environment = (objects: readonly KubeObject[]): Record<string, string> =>
    Object.fromEntries(
      podOf(objects).containers[0].env.flatMap(({ name, value }: Record<string, string>) =>
        name!.startsWith("EVENKEEL_QUERY") ? [[name, value]] : [],
      ),
    );
  /** What is mounted where the file lies that the container is told of. */
  function volumeOf(objects: readonly KubeObject[], variable: string) {
    const { containers, volumes } = podOf(objects);
    const file = environment(objects)[variable]!;
    const mount = containers[0].volumeMounts.find(({ mountPath }: { mountPath: string }) =>
      file.startsWith(`${mountPath}/`),
    );
    const { name: _, ...volume } = volumes.find(({ name }: { name: string }) => name === mount.name);
    return { volume, path: file.slice(mount.mountPath.length + 1) };
  }
  const address = "https://thanos.monitoring:9091";

  test("asks nobody by default, whatever else is said of it", async () => {
    const objects = await render({ "query.tokenSecret.name": "a", "query.caSecret.name": "b", "query.tenant": "c" });
    expect(environment(objects)).toEqual({});
    expect(JSON.stringify(podOf(objects).volumes)).not.toMatch(/query/);
  });

  test("hands over the files of Secrets, which it has no right to read", async () => {
    const objects = await render({
      "query.address": address,
      "query.caSecret.name": "authority",
      "query.tokenSecret.name": "reader",
      "query.tokenSecret.key": "bearer",
      "query.tenant": "shops",
      "query.labels.cluster": "east",
      "query.labels.region": "eu",
    });
    expect(environment(objects)).toMatchObject({
      EVENKEEL_QUERY_ADDRESS: address,
      EVENKEEL_QUERY_TENANT: "shops",
      EVENKEEL_QUERY_LABELS: "cluster=east,region=eu",
      EVENKEEL_QUERY_INSECURE: "false",
    });
    expect(volumeOf(objects, "EVENKEEL_QUERY_CA_FILE")).toEqual({
      volume: { secret: { secretName: "authority", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      path: "ca.crt",
    });
    expect(volumeOf(objects, "EVENKEEL_QUERY_TOKEN_FILE")).toEqual({
      volume: { secret: { secretName: "reader", items: [{ key: "bearer", path: "token" }] } },
      path: "token",
    });
  });

  test("shows a token of its own account, made for whom it is shown to", async () => {
    const objects = await render({
      "query.address": address,
      "query.serviceAccountToken.enabled": true,
      "query.serviceAccountToken.audience": "thanos",
    });
    expect(volumeOf(objects, "EVENKEEL_QUERY_TOKEN_FILE").volume).toMatchObject({
      projected: { sources: [{ serviceAccountToken: { path: "token", audience: "thanos" } }] },
    });
  });

  test("hands over a password", async () => {
    const objects = await render({ "query.address": address, "query.basicAuthSecret.name": "reader" });
    expect(volumeOf(objects, "EVENKEEL_QUERY_BASIC_AUTH_FILE")).toMatchObject({
      volume: { secret: { secretName: "reader" } },
      path: "auth",
    });
  });

  test.each<[what: string, values: Readonly<Record<string, unknown>>, why: RegExp]>([
    [
      "a token and a password",
      { "query.address": address, "query.tokenSecret.name": "a", "query.basicAuthSecret.name": "b" },
      /exclude each other/,
    ],
    ["a token in plain text", { "query.address": "http://prometheus", "query.tokenSecret.name": "a" }, /https/],
    ["a password in the address", { "query.address": "https://ops:secret@prometheus" }, /query/],
  ])("refuses %s", async (_, values, why) => {
    await expect(render(values)).rejects.toThrow(why);
  });

  test("opens the way there, and for its name, and no other", async () => {
    const egressOf = (objects: readonly KubeObject[]) => find(objects, "NetworkPolicy").spec.egress as unknown[];
    const values = { "networkPolicy.enabled": true, "push.enabled": false, watchNamespaces: ["shop"] };
    const before = egressOf(await render(values));
    const after = egressOf(await render({ ...values, "query.address": address }));
    const added = after.filter((rule) => !before.some((known) => JSON.stringify(known) === JSON.stringify(rule)));
    expect(added).toEqual([
      { to: [{ namespaceSelector: {} }] },
      {
        ports: [
          { port: 53, protocol: "UDP" },
          { port: 53, protocol: "TCP" },
        ],
      },
    ]);
    const monitoring = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } };
    const narrow = egressOf(
      await render({ ...values, "query.address": address, "networkPolicy.queryTo": [monitoring] }),
    );
    expect(narrow).toContainEqual({ to: [monitoring] });
  });
});
