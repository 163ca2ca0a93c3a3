import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { pool } from "../../src/api/pool.ts";
import { chartImage } from "../../tools/image/build-image.ts";

describe("the example", () => {
  // biome-ignore lint/suspicious/noExplicitAny: manifests of several kinds
  let manifests: any[];
  const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);

  beforeAll(async () => {
    const text = await readFile(join(import.meta.dirname, "..", "..", "manifests", "example.yaml"), "utf8");
    manifests = parseAllDocuments(text, { uniqueKeys: true }).map((document) => document.toJS());
  });

  test("has a pool that is valid, over a Deployment that is there and declares its ports", () => {
    const [{ metadata, spec }] = ofKind("LoadBalancerPool");
    const parsed = pool.parse({ metadata, spec }).spec;
    const target = ofKind("Deployment").find((deployment) => deployment.metadata.name === parsed.targetRef?.name);
    const declared = target.spec.template.spec.containers[0].ports;
    expect(declared).toContainEqual(expect.objectContaining({ containerPort: parsed.ports[0]!.port }));
    expect(declared).toContainEqual(expect.objectContaining({ name: spec.metrics.source.http.port }));
    expect(target.spec.replicas).toBeUndefined();
  });

  test("runs the chart's image, so that a cluster needs no other", async () => {
    const images = ofKind("Deployment").map(({ spec }) => spec.template.spec.containers[0].image);
    expect(new Set(images)).toEqual(new Set([await chartImage()]));
  });

  test("fits Pod Security's restricted profile", () => {
    for (const { spec } of ofKind("Deployment")) {
      const { securityContext, containers } = spec.template.spec;
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      expect(containers[0].securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
      });
    }
  });
});
