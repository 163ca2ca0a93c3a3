import { describe, expect, test } from "vitest";
import { type EventInput, EventRecorder, type RecorderOptions } from "../../src/kube/events.ts";
import { Bench } from "./bench.ts";
import { type Answer, fail, json, until } from "./faulty-server.ts";

interface StoredEvent {
  metadata: { name: string; namespace: string };
  note: string;
  reason: string;
  eventTime: string;
  regarding: { name: string };
  series?: { count: number; lastObservedTime: string };
}

const scaled: EventInput = {
  regarding: { apiVersion: "evenkeel.io/v1alpha1", kind: "LoadBalancerPool", namespace: "ns", name: "web", uid: "u" },
  type: "Normal",
  reason: "Scaled",
  action: "Scale",
  note: "from 3 to 4",
};

class Rig implements AsyncDisposable {
  readonly events: StoredEvent[] = [];
  readonly bench: Bench;
  readonly recorder: EventRecorder;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  dropped = 0;
  now = 1_000_000;

  private constructor(bench: Bench, options: Partial<RecorderOptions>) {
    this.bench = bench;
    bench.server.answer = this.answer;
    this.recorder = new EventRecorder({
      transport: bench.transport,
      instance: "evenkeel-0",
      now: () => this.now,
      wallNow: () => 1_700_000_000_000 + this.now,
      onDropped: () => this.dropped++,
      ...options,
    });
    this.#running = this.recorder.run(this.#stopping.signal);
  }

  static async start(options: Partial<RecorderOptions> = {}): Promise<Rig> {
    return new Rig(await Bench.start(() => {}), options);
  }

  readonly answer: Answer = (response, { method, path, body }) => {
    const sent = JSON.parse(body) as StoredEvent;
    if (method === "POST") {
      this.events.push(sent);
      json(response, sent, 201);
      return;
    }
    const event = this.events.find(({ metadata }) => path.endsWith(`/${metadata.name}`));
    if (!event) return fail(response, 404, "NotFound");
    Object.assign(event, sent);
    json(response, event);
  };

  /** Writes what is due now, as `run` would when the time comes. */
  async settle(): Promise<void> {
    this.recorder.record({ ...scaled, regarding: { ...scaled.regarding, uid: `${this.now}` }, reason: "Tick" });
    await until(() => this.events.some(({ reason, note }) => reason === "Tick" && note !== ""), "a tick");
    const ticks = this.events.filter(({ reason }) => reason === "Tick");
    for (const tick of ticks) this.events.splice(this.events.indexOf(tick), 1);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.bench[Symbol.asyncDispose]();
  }
}

describe("an event", () => {
  test("is complete and strict about its time", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 1, "it is written");
    expect(rig.bench.server.requests[0]?.path).toBe("/apis/events.k8s.io/v1/namespaces/ns/events");
    const [event] = rig.events;
    expect(event).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { namespace: "ns", name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
      eventTime: "2023-11-14T22:30:00.000000Z",
      reportingController: "evenkeel.io/controller",
      reportingInstance: "evenkeel-0",
      ...scaled,
    });
    expect(event?.series).toBeUndefined();
  });

  test("about something in no namespace goes to default", async () => {
    await using rig = await Rig.start();
    rig.recorder.record({ ...scaled, regarding: { apiVersion: "v1", kind: "Node", name: "n1" } });
    await until(() => rig.events.length === 1, "it is written");
    expect(rig.events[0]?.metadata.namespace).toBe("default");
  });

  test.each([
    ["control characters become spaces", "a\nb\r\n\u0000c\u001b[31m\u2028d", "a b c [31md".replace("[31md", "[31m d")],
    ["long text is cut at a kilobyte", "x".repeat(3_000), `${"x".repeat(1_021)}…`],
    ["never in the middle of a character", "é".repeat(1_000), `${"é".repeat(510)}…`],
  ])("%s", async (_, note, written) => {
    await using rig = await Rig.start();
    rig.recorder.record({ ...scaled, note });
    await until(() => rig.events.length === 1, "it is written");
    expect(rig.events[0]?.note).toBe(written);
    expect(Buffer.byteLength(rig.events[0]?.note ?? "")).toBeLessThanOrEqual(1_024);
  });

  test("has a valid name however long its object's is", async () => {
    await using rig = await Rig.start();
    rig.recorder.record({
      ...scaled,
      regarding: { ...scaled.regarding, name: `${"a".repeat(229)}-.${"b".repeat(20)}` },
    });
    await until(() => rig.events.length === 1, "it is written");
    expect(rig.events[0]?.metadata.name).toMatch(/^a{229}\.[0-9a-f]{16}$/);
  });
});

describe("repetition", () => {
  test("within a minute costs nothing; after it, one patch makes a series", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 1, "the first");
    for (let i = 0; i < 50; i++) rig.recorder.record(scaled);
    await rig.settle();
    expect(rig.bench.server.requests.filter(({ body }) => body.includes("from 3 to 4"))).toHaveLength(2);
    expect(rig.events).toHaveLength(1);
    expect(rig.events[0]?.series).toBeUndefined();

    rig.now += 61_000;
    await rig.settle();
    expect(rig.events).toHaveLength(1);
    expect(rig.events[0]?.series).toEqual({ count: 51, lastObservedTime: "2023-11-14T22:30:00.000000Z" });
    expect(rig.dropped).toBe(0);
  });

  test("of different notes within a minute the newest is written, and the others are counted", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 1, "the first");
    for (const note of ["from 4 to 5", "from 5 to 6", "from 6 to 7"]) rig.recorder.record({ ...scaled, note });
    await rig.settle();
    expect(rig.events).toHaveLength(1);
    rig.now += 61_000;
    await rig.settle();
    expect(rig.events.map(({ note }) => note)).toEqual(["from 3 to 4", "from 6 to 7"]);
    expect(rig.dropped).toBe(2);
  });

  test("other objects and other reasons are not held up", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    rig.recorder.record({ ...scaled, reason: "Paused" });
    rig.recorder.record({ ...scaled, regarding: { ...scaled.regarding, name: "api" } });
    await until(() => rig.events.length === 3, "all three");
  });

  test("nor are other conditions that have the same reason, or other figures", async () => {
    await using rig = await Rig.start();
    const refused = { ...scaled, reason: "TargetForbidden" };
    rig.recorder.record({ ...refused, action: "JudgeReady", note: "no endpoints" });
    rig.recorder.record({ ...refused, action: "JudgeScalingActive", note: "no scaling" });
    rig.recorder.record({ ...scaled, annotations: { from: "3", to: "4" } });
    rig.recorder.record({ ...scaled, note: "from 4 to 5", annotations: { from: "4", to: "5" } });
    await until(() => rig.events.length === 4, "all four");
    expect(rig.dropped).toBe(0);
  });

  test("of an Event that the server has forgotten makes a new one", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 1, "the first");
    rig.events.length = 0;
    rig.recorder.record(scaled);
    rig.now += 61_000;
    await rig.settle();
    expect(rig.events).toHaveLength(1);
    expect(rig.events[0]?.series?.count).toBe(2);
  });

  test("long after is a new Event", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 1, "the first");
    rig.now += 3_600_000;
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 2, "the second");
    expect(rig.events[1]?.series).toBeUndefined();
  });
});

describe("trouble", () => {
  test("an API server that refuses or is away is counted, never thrown", async () => {
    await using rig = await Rig.start();
    rig.bench.server.answer = (response) => fail(response, 403, "Forbidden");
    rig.recorder.record(scaled);
    await until(() => rig.dropped === 1, "the refusal");
    rig.bench.server.answer = (response) => void response.socket?.destroy();
    rig.recorder.record({ ...scaled, reason: "Other" });
    await until(() => rig.dropped === 2, "the outage");
    rig.bench.server.answer = rig.answer;
    rig.recorder.record({ ...scaled, reason: "Third" });
    await until(() => rig.events.length === 1, "it goes on");
  });

  test("a namespace whose Events hang keeps no other waiting", async () => {
    await using rig = await Rig.start();
    const { answer } = rig;
    rig.bench.server.answer = (response, seen) => {
      if (!seen.path.includes("/namespaces/slow/")) void answer(response, seen);
    };
    for (let index = 0; index < 20; index += 1)
      rig.recorder.record({ ...scaled, regarding: { ...scaled.regarding, namespace: "slow", name: `slow-${index}` } });
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 1, "the other namespace's is written");
    rig.bench.server.answer = answer;
  });

  test("memory is bounded: the oldest make room", async () => {
    await using rig = await Rig.start({ capacity: 10 });
    let answered = false;
    rig.bench.server.answer = (response, seen) => {
      answered = true;
      void rig.answer(response, seen);
    };
    for (let i = 0; i < 500; i++) rig.recorder.record({ ...scaled, reason: `R${i}` });
    await rig.recorder.flush();
    expect(answered).toBe(true);
    expect(rig.events.length).toBeLessThanOrEqual(11);
    expect(rig.events.at(-1)?.reason).toBe("R499");
    expect(rig.dropped + rig.events.length).toBe(500);
  });

  test("stopping writes what is left, at once", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    await until(() => rig.events.length === 1, "the first");
    rig.recorder.record({ ...scaled, note: "from 4 to 5" });
    await rig.stop();
    expect(rig.events.map(({ note }) => note)).toEqual(["from 3 to 4", "from 4 to 5"]);
  });

  test("flush does not wait for the minute", async () => {
    await using rig = await Rig.start();
    rig.recorder.record(scaled);
    await rig.recorder.flush();
    rig.recorder.record(scaled);
    await rig.recorder.flush();
    expect(rig.events[0]?.series?.count).toBe(2);
  });
});
