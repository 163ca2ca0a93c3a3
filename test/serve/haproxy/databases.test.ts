import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { haproxy as agent } from "../../../src/serve/haproxy/agent.ts";
import { poolsPath } from "../../rigs/embedded-stage.ts";
import { describeHaproxy } from "../../rigs/haproxy/describe-haproxy.ts";
import { HaproxyServer } from "../../rigs/haproxy/haproxy-server.ts";
import { ask, databasePod, startDatabases } from "../../rigs/postgres/database-stage.ts";
import { findPostgres } from "../../rigs/postgres/find-postgres.ts";
import { standbyAnnotation } from "../../rigs/postgres/postgres-pods.ts";
import { mergePatch } from "../../suites/api-suite/session.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { blocksOf, markedBlock } from "../../tools/documents/pages.ts";
import { requirePart } from "../../tools/require-part.ts";

const page = "docs/consumers/databases.md";
const hasPostgres = requirePart("PostgreSQL (Debian: postgresql)", findPostgres() !== undefined);
const [shownPool] = blocksOf(page).filter(({ language }) => language === "yaml");

const member = (name: string, role?: string) =>
  databasePod(name, {
    labels: { app: "orders-db", ...(role && { role }) },
    annotations: { [standbyAnnotation]: "db-0" },
  });

/** A session that stays open, and whether it still is. */
async function openSession(port: number) {
  const client = new Client({ host: "127.0.0.1", port, user: "postgres" });
  let isOpen = true;
  client.on("error", () => {
    isOpen = false;
  });
  client.on("end", () => {
    isOpen = false;
  });
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  const at = async () => (await client.query("SELECT host(inet_server_addr()) AS at")).rows[0].at as string;
  return { at, isOpen: () => isOpen };
}

describeHaproxy("HAProxy before databases", () => {
  test.skipIf(!hasPostgres)(
    "sends writes to the primary of now, reads to all, and ends the sessions of a primary that is none any more",
    async () => {
      const [agentPort = 0, writePort = 0, readPort = 0] = await findFreePorts(3);
      const { pods, session, startOperator } = await startDatabases();
      const podsPath = `${session.core}/pods`;
      const addressOf = (name: string): Promise<string> =>
        waitFor(async () => (await session.get(`${podsPath}/${name}`)).status?.podIP, `the address of ${name}`);
      await session.create(podsPath, member("db-0", "primary"));
      const primary = await addressOf("db-0");
      await ask(primary, "CREATE ROLE evenkeel LOGIN");
      await session.create(podsPath, member("db-1"));
      const standby = await addressOf("db-1");
      const { spec } = parse(shownPool!.text);
      Object.assign(spec.metrics.probe, { interval: "1s", timeout: "900ms" });
      await session.create(poolsPath, {
        apiVersion: "evenkeel.io/v1alpha1",
        kind: "LoadBalancerPool",
        metadata: { name: "orders" },
        spec,
      });
      const { operator } = await startOperator({
        consumers: [agent({ host: "127.0.0.1", port: agentPort, now: Date.now, limits: { handOverMs: 0 } })],
      });
      const served = async () => (await operator.pool("default", "orders"))?.writers?.map(({ pod }) => pod).join();
      await waitFor(async () => (await served()) === "db-0", "the primary to be known");

      const config = markedBlock(page, "haproxy", "databases")
        .text.replaceAll("shop/orders", "default/orders")
        .replace("agent-addr evenkeel.evenkeel agent-port 9010", `agent-addr 127.0.0.1 agent-port ${agentPort}`)
        .replace("bind :5432", `bind 127.0.0.1:${writePort}`)
        .replace("bind :5433", `bind 127.0.0.1:${readPort}`)
        .replaceAll("db-0.db:5432", `${primary}:5432`)
        .replaceAll("db-1.db:5432", `${standby}:5432`);
      const haproxy = await HaproxyServer.start(config);
      onTestFinished(() => haproxy.stop());
      await haproxy.untilServers("write", ["db-0 UP 100", "db-1 DOWN (agent) 100"]);
      await haproxy.untilServers("read", ["db-0 UP 100", "db-1 UP 100"]);

      const writing = await openSession(writePort);
      expect(await writing.at()).toBe(primary);
      const readFrom = new Set<string>();
      for (let read = 0; read < 6; read++) readFrom.add(await (await openSession(readPort)).at());
      expect(readFrom).toEqual(new Set([primary, standby]));

      // The primary stays up, and is none any more.
      await pods.server("db-1").promote();
      const label = (name: string, role: string | null) =>
        session.patch(`${podsPath}/${name}`, { metadata: { labels: { role } } }, mergePatch);
      await label("db-0", null);
      await label("db-1", "primary");
      await haproxy.untilServers("write", ["db-0 DOWN (agent) 100", "db-1 UP 100"]);
      await waitFor(() => !writing.isOpen(), "the session with the former primary to end");
      expect(await (await openSession(writePort)).at()).toBe(standby);

      // Without the operator writes go where they went, and reads to whoever is up.
      await operator.stop();
      expect(await (await openSession(writePort)).at()).toBe(standby);
      const without = new Set<string>();
      for (let read = 0; read < 6; read++) without.add(await (await openSession(readPort)).at());
      expect(without).toEqual(new Set([primary, standby]));
    },
  );
});
