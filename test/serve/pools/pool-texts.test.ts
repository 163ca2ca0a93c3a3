import { expect, test } from "vitest";
import { parse } from "yaml";
import { createFeed } from "../../../src/serve/feed.ts";
import { describePool } from "../../../src/serve/pools/describe-pool.ts";
import { createPoolTexts } from "../../../src/serve/pools/pool-texts.ts";
import { endpointOf, knownPool, plannedAt } from "../known.ts";

const key = "shop/checkout";

function write(pods: readonly string[]) {
  let now = plannedAt;
  const feed = createFeed({ now: () => now });
  const endpoints = pods.map((pod, index) => endpointOf(pod, index + 1, { ageMs: 100 }));
  feed.set(knownPool("shop", "checkout", { endpoints }));
  const texts = createPoolTexts(() => ({ now, staleMs: 0 }));
  const pass = (ms: number): void => {
    now += ms;
  };
  const entry = feed.get(key)!;
  const read = (client?: string) =>
    JSON.parse(
      Buffer.concat(texts.document(entry, client === undefined ? undefined : feed.listFor(key, client))).toString(),
    );
  const readYaml = async () => parse((await texts.yaml(entry)).toString());
  return { feed, entry, pass, read, readYaml, now: () => ({ now, staleMs: 0 }) };
}

test.each([[[]], [["a"]], [["a", "b", 'c"\\d']]])(
  "a document of %j says what the pool is, with or without a list",
  (pods) => {
    const { feed, entry, read, now } = write(pods);
    expect(read()).toEqual(JSON.parse(JSON.stringify(describePool(entry, now()))));
    for (const client of ["one", "two"])
      expect(read(client)).toEqual(JSON.parse(JSON.stringify(describePool(entry, now(), feed.listFor(key, client)))));
  },
);

test("readers of YAML share it for longer", async () => {
  const { pass, read, readYaml } = write(["a"]);
  const ageOf = async () => (await readYaml()).endpoints[0].ageMs;
  expect(await readYaml()).toEqual(read());
  pass(200);
  expect(await ageOf()).toBe(100);
  pass(15);
  expect([await ageOf(), await readYaml()]).toEqual([315, read()]);
});

test("readers at about the same time share what is not their list, and later ones see later ages", () => {
  const { pass, read } = write(["a"]);
  const ageOf = (client?: string) => read(client).endpoints[0].ageMs;
  expect(ageOf("one")).toBe(100);
  pass(15);
  expect([ageOf("two"), ageOf()]).toEqual([100, 100]);
  pass(15);
  expect([ageOf("two"), ageOf()]).toEqual([130, 130]);
});
