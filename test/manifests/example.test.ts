import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { pool } from "../../src/api/pool.ts";
import { chartImage } from "../../tools/image/build-image.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests of several kinds
type Manifests = any[];

async function readManifests(file: string): Promise<Manifests> {
  const text = await readFile(join(import.meta.dirname, "..", "..", "manifests", file), "utf8");
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => document.toJS());
}

const ofKind = (manifests: Manifests, kind: string): Manifests =>
  manifests.filter((manifest) => manifest.kind === kind);

test("the example has a pool that is valid, over a Deployment that is there and declares its ports", async () => {
  const manifests = await readManifests("example.yaml");
  const [{ metadata, spec }] = ofKind(manifests, "LoadBalancerPool");
  const parsed = pool.parse({ metadata, spec }).spec;
  const target = ofKind(manifests, "Deployment").find(({ metadata }) => metadata.name === parsed.targetRef?.name);
  const declared = target.spec.template.spec.containers[0].ports;
  expect(declared).toContainEqual(expect.objectContaining({ containerPort: parsed.ports[0]!.port }));
  expect(declared).toContainEqual(expect.objectContaining({ name: spec.metrics.source.http.port }));
  expect(target.spec.replicas).toBeUndefined();
});

test("the shop is an ordinary application, without a pool", async () => {
  const kinds = (await readManifests("shop.yaml")).map(({ kind }) => kind);
  expect(kinds).toEqual(["ConfigMap", "Deployment", "Service", "Deployment"]);
});

describe.each(["example.yaml", "shop.yaml"])("%s", (file) => {
  let manifests: Manifests;
  beforeAll(async () => {
    manifests = await readManifests(file);
  });

  test("runs the chart's image, so that a cluster needs no other", async () => {
    const images = ofKind(manifests, "Deployment").map(({ spec }) => spec.template.spec.containers[0].image);
    expect(new Set(images)).toEqual(new Set([await chartImage()]));
  });

  test("fits Pod Security's restricted profile", () => {
    for (const { spec } of ofKind(manifests, "Deployment")) {
      const { securityContext, containers } = spec.template.spec;
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect(containers[0].securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
      });
    }
  });
});
