import { expect, onTestFinished, test } from "vitest";
import { Shop } from "../rigs/django/shop.ts";
import { poolsPath } from "../rigs/embedded-stage.ts";
import { ask, databasePod, databasePool, startDatabases } from "../rigs/postgres/database-stage.ts";
import { findPostgres } from "../rigs/postgres/find-postgres.ts";
import { databasePort, standbyAnnotation } from "../rigs/postgres/postgres-pods.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { findOrFetchDjango } from "../tools/django.ts";
import { markedBlock, textOf } from "../tools/documents/pages.ts";
import { requirePart } from "../tools/require-part.ts";

const hasPostgres = requirePart("PostgreSQL (Debian: postgresql)", findPostgres() !== undefined);
const django = hasPostgres ? await findOrFetchDjango() : { kind: "missing", reason: "no PostgreSQL" };
const isThere =
  requirePart(`Django (${"reason" in django ? django.reason : ""})`, django.kind === "ready") && hasPostgres;

const names = ["db-0", "db-1", "db-2"];
const left = ["db-0", "db-2"];
const page = "docs/consumers/databases.md";

/** Three PostgreSQL servers and the application, which has made its tables. */
async function start(follow: "pool" | "list", settings: Readonly<Record<string, string>> = {}) {
  const { pods, session, startOperator } = await startDatabases();
  for (const name of names) await session.create(`${session.core}/pods`, databasePod(name));
  const addressOf = async (name: string): Promise<string> =>
    (await session.get(`${session.core}/pods/${name}`)).status?.podIP;
  const places = await waitFor(async () => {
    const found = await Promise.all(names.map(async (name) => [name, await addressOf(name)] as const));
    return found.every(([, address]) => address) && Object.fromEntries(found);
  }, "the addresses of the databases");
  let operator: Awaited<ReturnType<typeof startOperator>> | undefined;
  if (follow === "pool") {
    await session.create(
      poolsPath,
      databasePool({
        metrics: { probe: { type: "Postgres", interval: "1s", timeout: "900ms" } },
        health: { failureThreshold: 2, recheck: "1s" },
        access: { writers: { all: {} } },
      }),
    );
    operator = await startOperator();
    await operator.waitFor(
      "all databases",
      ({ endpoints, writers }) => endpoints.length === 3 && writers?.length === 3,
    );
  }
  const list = Object.fromEntries(names.map((name) => [name, { HOST: places[name], PORT: databasePort }]));
  const given =
    operator === undefined
      ? { SHOP_DATABASES: JSON.stringify(list) }
      : { SHOP_POOL: `${operator.operator.url}/v1/pools/default/db`, SHOP_DATABASES: JSON.stringify(names) };
  const shop = new Shop((django as { readonly path: string }).path, {
    SHOP_INTERVAL: "0.3",
    SHOP_RECHECK: "1",
    ...given,
    ...settings,
  });
  onTestFinished(() => shop.stop());
  await shop.manage("migrate");
  await shop.start();
  const itemsOn = async (name: string) =>
    (await ask(places[name]!, "SELECT item FROM shop_order ORDER BY item")).map(({ item }) => item);
  return { pods, shop, operator, itemsOn };
}

test.skipIf(!isThere).each(["pool", "list"] as const)(
  "a Django project with its databases in a %s writes to all, reads in turn, and hides nothing of what one missed",
  async (follow) => {
    const { pods, shop, operator, itemsOn } = await start(follow);
    expect(await shop.order("bread", "cheese")).toBe(201);
    for (const name of names) expect(await itemsOn(name)).toEqual(["bread", "cheese"]);
    expect((await shop.reads(9)).from).toEqual(names);
    expect(await shop.missed()).toEqual([]);

    // One is stopped, without a word to those that are connected: reads go on, and nobody is told of an error.
    await pods.server("db-1").stopImmediately();
    expect((await shop.reads(9)).orders).toEqual(["1 bread", "1 cheese"]);
    expect(await shop.order("wine")).toBe(201);
    for (const name of left) expect(await itemsOn(name)).toEqual(["bread", "cheese", "wine"]);
    const [missed] = await shop.missed();
    expect(missed!.taken).toEqual(left);
    expect(Object.keys(missed!.missed)).toEqual(["db-1"]);
    await waitFor(
      () => shop.said.includes("database db-1 missed a write and leaves the read list"),
      "a line in the log",
    );
    expect((await shop.reads(6)).from).toEqual(left);

    // It is back, and is known to be behind: none reads from it, none writes to it, each write says so.
    await pods.server("db-1").start();
    await waitFor(async () => (await shop.databases())["db-1"]?.up, "db-1 to be found up again");
    expect((await shop.databases())["db-1"]).toMatchObject({
      in_step: false,
      read: false,
      why: "not brought in step yet",
    });
    expect(await shop.order("olives")).toBe(201);
    expect(await itemsOn("db-1")).toEqual(["bread", "cheese"]);
    expect((await shop.missed()).map((one) => Object.keys(one.missed))).toEqual([["db-1"], ["db-1"]]);
    expect((await shop.reads(9)).from).toEqual(left);
    // So does a process that was not there when it happened.
    expect(await shop.manage("databases")).toMatch(/db-1 +up .*not brought in step yet/);

    await expect(shop.manage("in_step", "db-1")).rejects.toThrow("db-1 differs in shop_order");
    expect((await shop.reads(6)).from).toEqual(left);
    expect(await shop.manage("in_step", "db-1", "--copy")).toContain("db-1 is in step.");
    const items = ["bread", "cheese", "olives", "wine"];
    expect(await itemsOn("db-1")).toEqual(items);
    await waitFor(async () => (await shop.reads(9)).from.join() === names.join(), "db-1 to be read from");
    expect(await shop.order("salt")).toBe(201);
    expect(await itemsOn("db-1")).toEqual([...items, "salt"].sort());
    expect(await shop.missed()).toHaveLength(2);

    if (operator) {
      // Without the operator the application keeps what it has.
      await operator.stop();
      expect(await shop.order("pepper")).toBe(201);
      for (const name of names) expect(await itemsOn(name)).toContain("pepper");
      expect((await shop.reads(9)).from).toEqual(names);
    }
  },
);

test.skipIf(!isThere)("the example's own tests pass on three servers", async () => {
  const { shop } = await start("list");
  await shop.stop();
  expect(await shop.manage("makemigrations", "--check")).toContain("No changes detected");
  // Nobody looks beside the tests, but at the start.
  const said = await shop.python({ SHOP_INTERVAL: "600", SHOP_RECHECK: "600" }, "-m", "unittest", "-v");
  expect(said).toMatch(/^OK$/m);
  expect(said).not.toContain("skipped");
});

/** What a project of one's own would be: the page's settings, with the databases where they are here. */
const plainProject = (settings: string, router: string, hosts: Readonly<Record<string, string>>) => `
import time, django
from django.conf import settings
${settings}
${router}
for name, host in ${JSON.stringify(hosts)}.items():
    DATABASES[name].update(HOST=host, NAME="postgres", USER="postgres")
settings.configure(DATABASES=DATABASES, DATABASE_ROUTERS=[Reads()], INSTALLED_APPS=["shop"], USE_TZ=True)
django.setup()
from django.core.management import call_command
from shop.models import Order
call_command("migrate", verbosity=0)
print("written to", Order.objects.create(item="bread")._state.db)
found = None
while found is None:
    try:
        found = Order.objects.first()
    except django.db.ProgrammingError:
        pass  # The standby has not heard of the table yet.
print("read from", found._state.db)
`;

test.skipIf(!isThere)(
  "the page's settings for a primary with standbys write to the one and read from the others",
  async () => {
    const { session } = await startDatabases();
    const podsPath = `${session.core}/pods`;
    const inPair = (name: string) => databasePod(name, { annotations: { [standbyAnnotation]: "db-0" } });
    const addressOf = (name: string): Promise<string> =>
      waitFor(async () => (await session.get(`${podsPath}/${name}`)).status?.podIP, `the address of ${name}`);
    await session.create(podsPath, inPair("db-0"));
    const primary = await addressOf("db-0");
    await session.create(podsPath, inPair("db-1"));
    const hosts = { default: primary, reads: await addressOf("db-1") };
    const block = (name: string) => markedBlock(page, "django", name).text;
    const shop = new Shop((django as { readonly path: string }).path, {});
    const said = await shop.python({}, "-c", plainProject(block("settings"), block("router"), hosts));
    expect(said.trim().split("\n")).toEqual(["written to default", "read from reads"]);

    // libpq's own way, by what the page shows.
    const [shown = ""] = /host=db-0\S+ dbname=\S+ target_session_attrs=\S+(?=')/.exec(textOf(page)) ?? [];
    const listed = shown.replace(/host=\S+ dbname=\S+/, `host=${hosts.reads},${primary} dbname=postgres user=postgres`);
    const asked = `import psycopg; print(psycopg.connect("${listed}").info.host)`;
    expect((await shop.python({}, "-c", asked)).trim()).toBe(primary);
  },
);
