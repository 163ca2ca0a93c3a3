import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Excluded, PlannedEndpoint, Writer } from "../../src/decide/planned.ts";
import { createFeed } from "../../src/serve/feed.ts";
import { createFollowers } from "../../src/serve/followers.ts";
import { startAgent } from "../../src/serve/haproxy/agent.ts";
import { pod as podOf } from "../builders/builders.ts";
import { describeHaproxy } from "../rigs/haproxy/describe-haproxy.ts";
import { startDns } from "../rigs/haproxy/dns-server.ts";
import { HaproxyServer } from "../rigs/haproxy/haproxy-server.ts";
import { sendRequests } from "../rigs/send-requests.ts";
import { endpointOf, knownPool, plannedOn } from "../serve/known.ts";
import { serveFeed } from "../serve/serving.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { markedBlock } from "../tools/documents/pages.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";

const page = "docs/consumers/haproxy.md";
const block = (name: string): string => markedBlock(page, "haproxy", name).text;

/** Loopback addresses that no other test's pods have. */
let addresses = 0;
function nextAddress(): string {
  addresses += 1;
  return `127.62.${process.pid % 250}.${addresses}`;
}

/** Pods of one pool, each on an address of its own, that answer with their names; and the operator that follows them. */
async function startPool(name: string, port: number, answerBy: (pod: string) => Server) {
  const feed = createFeed();
  const followers = createFollowers();
  const agent = await startAgent({
    host: "127.0.0.1",
    port: 0,
    now: Date.now,
    feed,
    followers,
    limits: { handOverMs: 0, releaseMs: 0 },
  });
  onTestFinished(() => agent.stop());
  const { server } = await serveFeed({ feed, followers, now: Date.now });
  const pods = new Map<string, string>();
  const ends = new Map<string, () => void>();
  return {
    feed,
    operatorUrl: server.url,
    pods,
    variables: { AGENT: "127.0.0.1", AGENT_PORT: new URL(agent.url).port },
    async add(...names: readonly string[]) {
      for (const pod of names) {
        const address = nextAddress();
        const listening = answerBy(pod).listen(port, address);
        await once(listening, "listening");
        const open = new Set<Socket>();
        listening.on("connection", (socket: Socket) => open.add(socket.once("close", () => open.delete(socket))));
        ends.set(pod, () => {
          listening.close();
          for (const socket of open) socket.destroy();
        });
        onTestFinished(ends.get(pod)!);
        pods.set(pod, address);
      }
    },
    end(pod: string) {
      ends.get(pod)!();
      pods.delete(pod);
    },
    /** Pods that it does not name are out for that reason. */
    plan(weights: Readonly<Record<string, number>>, reason: Excluded["reason"] = "Draining", writer?: string) {
      const ports = [{ name: "", port }];
      const endpoints = Object.entries(weights).map(
        ([pod, weight], index): PlannedEndpoint =>
          endpointOf(pod, index + 1, { weight, ports, address: pods.get(pod)! }),
      );
      const excluded = [...pods.keys()].filter((pod) => !(pod in weights)).map((pod) => ({ pod, reason }) as Excluded);
      const writers: Writer[] | undefined =
        writer === undefined
          ? undefined
          : [{ pod: writer, uid: `uid-${writer}`, address: pods.get(writer)!, ports, reason: "is the primary" }];
      const known = plannedOn(
        knownPool("shop", name, { endpoints, excluded, ...(writers && { writers }) }),
        Date.now(),
      );
      const observed = [...pods].map(([pod, address]) => ({ pod: podOf(pod, { addresses: [address] }) }));
      feed.set({ ...known, observation: { ...known.observation, pods: observed } });
    },
  };
}

const checkout = () =>
  startPool("checkout", 8080, (pod) => createServer((_, response) => void response.end(`${pod}\n`)));

async function startHaproxy(config: string, variables: Readonly<Record<string, string>>): Promise<HaproxyServer> {
  const haproxy = await HaproxyServer.start(config, variables);
  onTestFinished(() => haproxy.stop());
  return haproxy;
}

const bind = async (): Promise<string> => `127.0.0.1:${(await findFreePorts(1))[0]}`;

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function expectSplit(url: string, wanted: Readonly<Record<string, number>>): Promise<void> {
  const { byText, failures } = await sendRequests(url, 400);
  expect([...failures]).toEqual([]);
  expect([...byText.keys()].sort()).toEqual(Object.keys(wanted).sort());
  for (const [pod, percent] of Object.entries(wanted))
    expect(Math.abs((byText.get(pod) ?? 0) / 4 - percent), pod).toBeLessThan(5);
}

/** What a server of a backend is told, by its status and weight. */
const tellServers = async (haproxy: HaproxyServer, backend: string): Promise<string[]> =>
  (await haproxy.servers(backend))
    .filter(({ status }) => !status.startsWith("MAINT"))
    .map(({ status, weight }) => `${status} ${weight}`)
    .sort();

const [socat, python] = ["socat", "python3"].map((program) => findProgram(program));

describeHaproxy("docs/consumers/haproxy.md", () => {
  test("names the pods of a StatefulSet, and DNS has their addresses", async () => {
    const pool = await checkout();
    await pool.add("checkout-0", "checkout-1", "checkout-2");
    pool.plan({ "checkout-0": 500, "checkout-1": 1_500 });
    const dns = await startDns((name) => [pool.pods.get(name.split(".")[0]!) ?? []].flat());
    onTestFinished(() => void dns.stop());
    const at = await bind();
    const haproxy = await startHaproxy(block("statefulset"), { ...pool.variables, DNS: dns.address, BIND: at });
    await haproxy.untilServers("checkout", ["checkout-0 UP 50", "checkout-1 UP 150", "checkout-2 DRAIN (agent) 100"]);
    await expectSplit(`http://${at}/`, { "checkout-0": 25, "checkout-1": 75 });
  });

  test.skipIf(!requirePart("socat", socat !== undefined))(
    "fills the slots of a template by DNS, and a script tells each whom to ask about",
    async () => {
      const pool = await checkout();
      await pool.add("a", "b", "c");
      pool.plan({ a: 600, b: 1_800, c: 600 });
      const listed = new Set(pool.pods.values());
      const dns = await startDns((name) => (name === "checkout-pods.shop.svc.cluster.local" ? [...listed] : []));
      onTestFinished(() => void dns.stop());
      const at = await bind();
      const haproxy = await startHaproxy(block("template"), { ...pool.variables, DNS: dns.address, BIND: at });
      run("sh", ["-c", block("slots")], { ADMIN: haproxy.ownSocketPath });
      await expect.poll(() => tellServers(haproxy, "checkout")).toEqual(["UP 180", "UP 60", "UP 60"]);
      await expectSplit(`http://${at}/`, { a: 20, b: 60, c: 20 });
      pool.plan({ a: 1_000, b: 1_000 });
      await expect.poll(() => tellServers(haproxy, "checkout")).toEqual(["DRAIN (agent) 60", "UP 100", "UP 100"]);
      // Another takes the place of the one that is gone, and its slot.
      await pool.add("d");
      listed.delete(pool.pods.get("c")!);
      pool.end("c");
      listed.add(pool.pods.get("d")!);
      pool.plan({ a: 600, b: 600, d: 1_800 });
      await expect.poll(() => tellServers(haproxy, "checkout")).toEqual(["UP 180", "UP 60", "UP 60"]);
      await expectSplit(`http://${at}/`, { a: 20, b: 20, d: 60 });
    },
  );

  test.skipIf(!requirePart("Python", python !== undefined))(
    "makes servers of the pool's document, and takes them away",
    async () => {
      const pool = await checkout();
      await pool.add("a", "b");
      pool.plan({ a: 500, b: 1_500 });
      const at = await bind();
      const haproxy = await startHaproxy(block("api"), { ...pool.variables, BIND: at });
      const script = run(python!, ["-c", block("follow")], {
        ...pool.variables,
        ADMIN: haproxy.ownSocketPath,
        OPERATOR: pool.operatorUrl,
      });
      const said: string[] = [];
      for (const stream of [script.stdout!, script.stderr!]) stream.on("data", (text) => void said.push(String(text)));
      await haproxy.untilServers("checkout", ["a UP 50", "b UP 150"]);
      await expectSplit(`http://${at}/`, { a: 25, b: 75 });
      await pool.add("c");
      pool.plan({ a: 1_000, c: 1_000 });
      await haproxy.untilServers("checkout", ["a UP 100", "b DRAIN (agent) 150", "c UP 100"]);
      await expectSplit(`http://${at}/`, { a: 50, c: 50 });
      pool.end("b");
      pool.plan({ a: 1_000, c: 1_000 });
      await haproxy.untilServers("checkout", ["a UP 100", "c UP 100"]);
      // An empty list empties nothing.
      pool.pods.delete("c");
      pool.plan({});
      await waitFor(() => pool.feed.get("shop/checkout")!.plan.endpoints.length === 0, "a plan of nobody");
      await expectSplit(`http://${at}/`, { a: 50, c: 50 });
      expect([said, script.exitCode]).toEqual([[], null]);
    },
  );

  test("leads writes to who takes them, and reads to everybody", async () => {
    const pool = await startPool("db", 5432, (pod) =>
      createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.write(`${pod}\n`);
      }),
    );
    await pool.add("db-0", "db-1", "db-2");
    pool.plan({ "db-0": 1_000, "db-1": 1_000, "db-2": 1_000 }, "Draining", "db-1");
    const dns = await startDns((name) => [pool.pods.get(name.split(".")[0]!) ?? []].flat());
    onTestFinished(() => void dns.stop());
    const [writes, reads] = await findFreePorts(2);
    const haproxy = await startHaproxy(block("databases"), {
      ...pool.variables,
      DNS: dns.address,
      BIND_WRITES: `127.0.0.1:${writes}`,
      BIND_READS: `127.0.0.1:${reads}`,
    });
    const open = async (port: number) => {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      onTestFinished(() => void socket.destroy());
      const [text] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => [""])]);
      return { pod: String(text).trim(), over: once(socket, "close") };
    };
    await expect.poll(async () => (await open(writes!)).pod).toBe("db-1");
    await haproxy.untilServers("reads", ["db-0 UP 100", "db-1 UP 100", "db-2 UP 100"]);
    const read = new Set<string>();
    for (let turn = 0; turn < 6; turn += 1) read.add((await open(reads!)).pod);
    expect(read).toEqual(new Set(["db-0", "db-1", "db-2"]));
    // Sessions of one that takes writes no more are over; new ones go to who does.
    const { over } = await open(writes!);
    pool.plan({ "db-0": 1_000, "db-1": 1_000, "db-2": 1_000 }, "Draining", "db-2");
    await over;
    await expect.poll(async () => (await open(writes!)).pod).toBe("db-2");
    for (let turn = 0; turn < 5; turn += 1) expect((await open(writes!)).pod).toBe("db-2");
  });
});
