import { describe, expect, test } from "vitest";
import { createElection, type Election, type ElectionOptions } from "../../src/kube/lease.ts";
import { target } from "../../src/kube/transport.ts";
import { pods } from "../../src/kube/types.ts";
import { Bench } from "./bench.ts";
import { type Answer, fail, json, type Seen, sleep, until } from "./faulty-server.ts";
import { LeaseServer } from "./lease-server.ts";

/** Nobody loses the lease because the machine is busy. */
const timing = { leaseDurationMs: 60_000, renewDeadlineMs: 30_000, retryPeriodMs: 50 };
/** A lease counts in whole seconds, so that is as fast as a real one gets. */
const brief = { leaseDurationMs: 2_000, renewDeadlineMs: 1_500 };

interface Candidate extends AsyncDisposable {
  readonly election: Election;
  readonly changes: boolean[];
  stop(): Promise<void>;
  /** Ends without releasing, like a process that was killed. */
  kill(): Promise<void>;
}

function compete(bench: Bench, identity: string, options: Partial<ElectionOptions> = {}): Candidate {
  const changes: boolean[] = [];
  const stopping = new AbortController();
  const election = createElection({
    transport: bench.transport,
    namespace: "ns",
    name: "evenkeel",
    identity,
    onChange: (leading) => changes.push(leading),
    ...timing,
    ...options,
  });
  const running = election.run(stopping.signal);
  const stop = (): Promise<void> => {
    stopping.abort();
    return running;
  };
  return {
    election,
    changes,
    stop,
    kill: async () => {
      await bench.transport.close();
      await stop();
    },
    [Symbol.asyncDispose]: stop,
  };
}

const start = async (): Promise<{ bench: Bench; leases: LeaseServer }> => {
  const leases = new LeaseServer();
  return { bench: await Bench.start(leases.answer), leases };
};

/** Another process: the same server, connections of its own. */
const other = async (bench: Bench): Promise<Bench> =>
  Bench.start(
    () => {},
    () => ({ connection: { server: new URL(bench.server.url), credentials: async () => ({ headers: {}, tls: {} }) } }),
  );

const leads =
  ({ election }: Candidate) =>
  (): boolean =>
    election.remainingMs() > 0;

describe.concurrent("taking the lease", () => {
  test("creates it, leads and keeps renewing", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    const first = leases.lease;
    expect(first?.spec).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 60, leaseTransitions: 0 });
    await until(() => leases.version >= 5, "it is renewed");
    expect(leases.lease?.spec.acquireTime).toBe(first?.spec.acquireTime);
    expect(leases.lease?.spec.renewTime).not.toBe(first?.spec.renewTime);
    expect(a.changes).toEqual([true]);
    expect(a.election.holder).toBe("a");
    expect(
      server.server.requests.every(({ path }) => path.startsWith("/apis/coordination.k8s.io/v1/namespaces/ns/leases")),
    ).toBe(true);
  });

  test("of several candidates one leads", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    await using a = compete(server, "a");
    await using b = compete(server, "b");
    await using c = compete(server, "c");
    await until(() => [a, b, c].some((candidate) => leads(candidate)()), "one leads");
    await until(() => leases.version >= 8, "it is renewed, and the others have looked");
    await until(() => new Set([a, b, c].map(({ election }) => election.holder)).size === 1, "all see who leads");
    expect([a, b, c].filter((candidate) => leads(candidate)())).toHaveLength(1);
    expect(new Set(leases.holders).size).toBe(1);
  });

  test("keeps what others wrote into the lease's metadata", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    leases.store({
      metadata: { name: "evenkeel", namespace: "ns", labels: { keep: "me" } },
      spec: { leaseTransitions: 6 },
    });
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    expect(leases.lease?.metadata.labels).toEqual({ keep: "me" });
    expect(a.election.transitions).toBe(7);
  });
});

describe.concurrent("handing over", () => {
  test("a leader that stops gives the lease back, and the next leads long before it would have expired", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    await using b = compete(server, "b");
    await until(() => b.election.holder === "a", "b sees a");
    await a.stop();
    expect(a.election.remainingMs()).toBe(0);
    expect(a.changes).toEqual([true, false]);
    await until(leads(b), "b leads");
    expect(leases.holders.filter((holder, i) => holder !== leases.holders[i - 1])).toEqual(["a", "", "b"]);
    expect(b.election.transitions).toBe(1);
  });

  test.each([["not yet answered"], ["answered by nobody"]])(
    "stopping with a renewal %s still gives it back",
    async (how) => {
      const { bench, leases } = await start();
      await using server = bench;
      await using a = compete(server, "a", { leaseDurationMs: 60_000, renewDeadlineMs: 1_000 });
      await until(leads(a), "a leads");
      let held = false;
      server.server.answer = async (response, seen) => {
        if (seen.method !== "PUT" || held) return leases.answer(response, seen);
        held = true;
        if (how === "answered by nobody") return leases.store(JSON.parse(seen.body));
        await sleep(100);
        await leases.answer(response, seen);
      };
      await until(() => held, "a renewal under way");
      await a.stop();
      expect(leases.lease?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
    },
  );

  test("a leader that died is succeeded when the lease has expired, not before", async () => {
    const { bench } = await start();
    await using server = bench;
    await using process2 = await other(server);
    await using b = compete(process2, "b", brief);
    await until(leads(b), "b leads");
    await using a = compete(server, "a", brief);
    await until(() => a.election.holder === "b", "a sees b");
    await b.kill();
    await until(leads(a), "a leads");
    const claimOf = (identity: string) => (seen: Seen) =>
      seen.method !== "GET" && JSON.parse(seen.body).spec.holderIdentity === identity;
    const lastOfB = server.server.requests.findLast(claimOf("b"))!;
    const firstOfA = server.server.requests.find(claimOf("a"))!;
    expect(firstOfA.atMs - lastOfB.atMs).toBeGreaterThan(1_990);
    expect(a.election.transitions).toBe(1);
  });

  test.each([
    ["behind", -7_200_000],
    ["ahead", 7_200_000],
  ])(
    "the holder's wall clock decides nothing: two hours %s, the lease holds while it is renewed",
    async (_, skewMs) => {
      const { bench, leases } = await start();
      await using server = bench;
      await using a = compete(server, "a", { wallNow: () => Date.now() + skewMs });
      await until(leads(a), "a leads");
      const looks = () => server.server.requests.filter(({ method }) => method === "GET").length;
      const before = looks();
      await using b = compete(server, "b");
      await until(() => looks() >= before + 20, "b has looked again and again");
      expect(new Set(leases.holders)).toEqual(new Set(["a"]));
      expect(b.changes).toEqual([]);
      expect(a.changes).toEqual([true]);
    },
  );

  test.each([
    ["no spec", undefined],
    ["a spec of null", null],
    ["a holder that is null", { holderIdentity: null, leaseDurationSeconds: null, leaseTransitions: null }],
    ["a holder that is no text", { holderIdentity: 7, leaseDurationSeconds: "15", leaseTransitions: 1.5 }],
    ["a spec in a list", []],
  ])("a lease that somebody wrote with %s is free", async (_, spec) => {
    const { bench, leases } = await start();
    await using server = bench;
    leases.lease = { metadata: { name: "evenkeel", resourceVersion: "1" }, spec } as unknown as typeof leases.lease;
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    expect(leases.lease?.spec).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 60 });
  });

  test("the same identity in a new life takes its own lease at once", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    leases.store({ spec: { holderIdentity: "a", leaseDurationSeconds: 60, leaseTransitions: 3 } });
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    expect(a.election.transitions).toBe(3);
  });
});

describe.concurrent("losing it", () => {
  test("during an outage a leader stops at the renew deadline, counted from before its last renewal", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    // By the deadline, not by the end of the lease.
    await using a = compete(server, "a", { renewDeadlineMs: 1_500, leaseDurationMs: 3_600_000 });
    await until(leads(a), "a leads");
    server.server.answer = (response) => fail(response, 500, "InternalError");
    await until(() => server.reports.at(-1)?.code === 500, "renewals fail");
    await until(() => a.changes.length === 2, "a no longer leads");
    expect(a.election.remainingMs()).toBe(0);
    server.server.answer = leases.answer;
    await until(leads(a), "a leads again");
    expect(a.changes).toEqual([true, false, true]);
  });

  test("renewals that hang are as good as renewals that fail", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    await using a = compete(server, "a", { renewDeadlineMs: 3_000 });
    await until(leads(a), "a leads");
    server.server.answer = () => {};
    const before = server.server.requests.length;
    await until(() => a.changes.length === 2, "a no longer leads");
    expect(server.server.requests.length - before).toBeGreaterThanOrEqual(2);
    server.server.answer = leases.answer;
    await until(leads(a), "a leads again");
  });

  test("somebody else in the lease ends it at once", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    leases.store({ ...leases.lease, spec: { holderIdentity: "b", leaseDurationSeconds: 60 } });
    await until(() => a.changes.length === 2, "a no longer leads");
    expect(a.election.remainingMs()).toBe(0);
    expect(a.election.holder).toBe("b");
    const written = leases.version;
    await a.stop();
    expect(leases.version).toBe(written);
  });

  test("a renewal whose answer was lost is no loss", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    let lost = 0;
    const lose: Answer = (response, seen) => {
      if (seen.method !== "PUT" || lost++ > 0) return leases.answer(response, seen);
      leases.store(JSON.parse(seen.body));
      response.socket?.resetAndDestroy();
    };
    server.server.answer = lose;
    await until(() => lost >= 4, "renewals after the lost one");
    expect(a.changes).toEqual([true]);
  });

  test("a deleted lease is made anew", async () => {
    const { bench, leases } = await start();
    await using server = bench;
    await using a = compete(server, "a");
    await until(leads(a), "a leads");
    leases.lease = undefined;
    await until(() => leases.lease !== undefined, "the lease is back");
    expect(a.changes).toEqual([true]);
  });
});

describe.concurrent("remaining time", () => {
  test("runs out by the clock alone, even while nothing else can run", async () => {
    let now = 0;
    const { bench } = await start();
    await using server = bench;
    await using a = compete(server, "a", { now: () => now, renewDeadlineMs: 600 });
    await until(leads(a), "a leads");
    const renewedAt = now;
    now += 400;
    expect(a.election.remainingMs()).toBeLessThanOrEqual(renewedAt + 600 - now);
    now += 200;
    expect(a.election.remainingMs()).toBe(0);
  });

  test("is counted from before a slow renewal was sent, not from its answer", async () => {
    const leases = new LeaseServer();
    await using bench = await Bench.start(async (response, seen) => {
      if (seen.method === "POST") await sleep(200);
      await leases.answer(response, seen);
    });
    let remaining = 0;
    const onChange = (leading: boolean): void => {
      if (leading) remaining = a.election.remainingMs();
    };
    await using a = compete(bench, "a", { onChange });
    await until(() => remaining > 0, "a leads");
    expect(remaining).toBeLessThanOrEqual(timing.renewDeadlineMs - 190);
  });
});

test("a candidate that is refused asks ever less often, and says why once", async () => {
  const words = "leases are frozen";
  await using bench = await Bench.start((response, { method }) =>
    method === "GET"
      ? fail(response, 404, "NotFound")
      : json(response, { kind: "Status", code: 403, message: words }, 403),
  );
  const told: object[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (what: object) => told.push(what), error: () => {} };
  await using a = compete(bench, "a", { retryPeriodMs: 50, random: () => 0, log });
  const attempts = () => bench.server.requests.filter(({ method }) => method === "POST");
  await until(() => attempts().length === 5, "five attempts");
  const times = attempts().map(({ atMs }) => atMs);
  // Only a lower bound: a busy machine makes gaps longer, never shorter.
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThan(50 * 2 ** (index + 1) - 5);
  expect(told).toMatchObject([{ why: words, leading: false }]);
  expect(a.election.remainingMs()).toBe(0);
});

test("renewals are not starved by other traffic", async () => {
  const leases = new LeaseServer();
  await using bench = await Bench.start((response, seen) => {
    if (seen.path.includes("/leases")) return leases.answer(response, seen);
    // All else is answered by nobody.
    return undefined;
  });
  const stop = new AbortController();
  const { transport } = bench;
  await using a = compete(bench, "a");
  await until(leads(a), "a leads");
  const calls = Array.from({ length: 100 }, () =>
    transport.request({ verb: "get", target: target(pods, "ns", "x"), signal: stop.signal }).catch(() => {}),
  );
  await until(
    () => bench.server.requests.filter(({ path }) => path.includes("/pods")).length === 48,
    "calls under way",
  );
  const renewals = () => bench.reports.filter(({ verb }) => verb === "update").length;
  const before = renewals();
  await until(() => renewals() > before + 5, "renewals");
  expect(bench.reports.filter(({ verb }) => verb === "get" && !stop.signal.aborted).length).toBeLessThanOrEqual(1);
  expect(a.changes).toEqual([true]);
  stop.abort();
  await Promise.all(calls);
});

test("an election whose times make no sense is refused", async () => {
  const { bench } = await start();
  await using server = bench;
  const make = (options: Partial<ElectionOptions>) => () =>
    createElection({ transport: server.transport, namespace: "ns", name: "x", identity: "a", ...options });
  expect(make({ leaseDurationMs: 10_000, renewDeadlineMs: 10_000 })).toThrow("lease duration");
  expect(make({ renewDeadlineMs: 2_000, retryPeriodMs: 2_000 })).toThrow("renew deadline");
});
