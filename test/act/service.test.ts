import { beforeEach, describe, expect, test } from "vitest";
import type { Grant } from "../../src/act/fence.ts";
import { Services } from "../../src/act/service.ts";
import type { Pool } from "../../src/decide/world.ts";
import type { Objects } from "../../src/kube/objects.ts";
import { type KubeObject, type Manifest, services as serviceRef } from "../../src/kube/types.ts";
import { toService } from "../../src/observe/cluster/project.ts";
import { pool as poolBuilder } from "../builders/builders.ts";
import { ended, grantOf, openFence } from "./open-fence.ts";
import { startPoolCluster } from "./start-pool-cluster.ts";

const other = { name: "web", port: 80, protocol: "TCP", targetPort: 80 };

let now: number;
let objects: Objects;
let services: Services;
let grant: Grant;
let pool: Pool;
let writes: number;

beforeEach(async () => {
  now = 1_000_000;
  const onRequest = ({ verb }: { readonly verb: string }) => {
    if (verb !== "list") writes += 1;
  };
  ({ objects, pool } = await startPoolCluster({ onRequest }));
  const fence = openFence({ now: () => now });
  services = new Services(fence, objects);
  grant = grantOf(fence, pool.uid);
  writes = 0;
});

async function find(): Promise<KubeObject | undefined> {
  const found = await objects.list<KubeObject>(serviceRef, "default", { fieldSelector: "metadata.name=web" });
  return found.kind === "ok" ? found.object[0] : undefined;
}

/** As in a pass: with the Service as it is, or as a cache that is behind shows it. */
async function ensure(shown?: KubeObject | "nothing", given = pool) {
  const seen = shown ?? (await find());
  const current = seen === undefined || seen === "nothing" ? undefined : toService(seen);
  if (current) services.onChange({ key: "default/web", current });
  const asked = services.ensure(given, { name: "web" }, current, grant);
  return { problem: await ended(asked), inMs: asked.find(({ inMs }) => inMs !== undefined)?.inMs };
}

const portsOf = async () =>
  ((await find()) as KubeObject & { spec: { ports: readonly { port: number }[] } }).spec.ports.map(({ port }) => port);

describe("a Service that no cache shows", () => {
  test("is made once, and counts as there until it is shown", async () => {
    expect(services.isMade(pool, "web")).toBe(false);
    await ensure("nothing");
    expect(services.isMade(pool, "web")).toBe(true);
    expect(services.isMade(pool, "api")).toBe(false);
    await ensure("nothing");
    expect(writes).toBe(1);
    now += 30_000;
    expect(services.isMade(pool, "web")).toBe(false);
  });

  test("is made again when it went as soon as it was shown", async () => {
    await ensure("nothing");
    const current = toService((await find())!);
    await objects.remove(serviceRef, "default", "web");
    services.onChange({ key: "default/web", current });
    services.onChange({ key: "default/web", previous: current });
    await ensure("nothing");
    expect(await find()).toBeDefined();
  });

  test("is not touched where it is there, and is a problem until the watch tells whose it is", async () => {
    const body = { apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "default" } };
    await objects.create(serviceRef, { ...body, spec: { ports: [other] } } as Manifest);
    const before = await find();
    const { problem } = await ensure("nothing");
    expect(problem).toEqual({
      reason: "ServiceUnseen",
      message: "Service web exists, and the operator has not seen yet whose it is.",
    });
    expect(await find()).toEqual(before);
    expect((await ensure()).problem).toBeUndefined();
    expect(await find()).toEqual(before);
  });
});

describe("the pool's own Service", () => {
  const change = async () => {
    const found = (await find())!;
    const { name, namespace, uid, resourceVersion } = found.metadata;
    const metadata = { name, namespace: namespace!, uid: uid!, resourceVersion: resourceVersion! };
    const spec = { ports: [{ ...other, name: "http" }] };
    const outcome = await objects.merge(serviceRef, { apiVersion: "v1", kind: "Service", metadata, spec } as Manifest);
    expect(outcome.kind).toBe("ok");
    writes = 0;
  };

  test("is put right only as it was last seen", async () => {
    await ensure("nothing");
    const stale = (await find())!;
    const { metadata, ...rest } = stale;
    await change();
    await ensure({ ...rest, metadata: { ...metadata, labels: {} } });
    expect(await portsOf()).toEqual([80]);
  });

  test("is put back at once, and ever later where somebody changes it again and again", async () => {
    await ensure("nothing");
    await ensure();
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      await change();
      let waited = 0;
      while ((await portsOf())[0] !== 8080) {
        const { inMs, problem } = await ensure();
        if (inMs === undefined) continue;
        expect(problem?.reason).toBe(round > 2 ? "ServiceContested" : undefined);
        waited += inMs;
        now += inMs;
      }
      expect(writes).toBe(1);
      waits.push(waited);
    }
    expect(waits).toEqual([0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    // What was left alone for a while is put back at once.
    now += 600_000;
    await ensure();
    await change();
    await ensure();
    expect(await portsOf()).toEqual([8080]);
  });

  test("of a spec that is new does not wait for what was put back", async () => {
    await ensure("nothing");
    await change();
    await ensure();
    await change();
    expect((await ensure()).inMs).toBe(5_000);
    const { spec } = poolBuilder({ ports: [{ name: "http", port: 9090 }] });
    const next = { ...pool, generation: 2, spec };
    await ensure(undefined, next);
    expect(await portsOf()).toEqual([9090]);
  });
});
