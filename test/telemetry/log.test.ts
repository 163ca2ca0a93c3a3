import { describe, expect, test } from "vitest";
import { createLog, type LogLevel } from "../../src/telemetry/log.ts";

function collect(pretty: boolean, { level = "debug" as LogLevel, colors = false } = {}) {
  const lines: string[] = [];
  const destination = { write: (text: string) => lines.push(text), isTTY: colors, hasColors: () => colors };
  return { lines, log: createLog({ level, pretty, destination }) };
}

const clock = /^\d\d:\d\d:\d\d\.\d{3}Z /;

describe("JSON lines", () => {
  test("have an ISO time, the level as text, the message and the fields", () => {
    const { lines, log } = collect(false);
    log.warn({ pool: "shop/checkout", pods: 3 }, "few samples");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{[^\n]*\}\n$/);
    expect(JSON.parse(lines[0]!)).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pool: "shop/checkout",
      pods: 3,
      message: "few samples",
    });
  });

  test("tell an error with its cause and stack", () => {
    const { lines, log } = collect(false);
    log.error({ error: new Error("write failed", { cause: new Error("socket closed") }) }, "pass failed");
    const { error } = JSON.parse(lines[0]!);
    expect(error).toMatchObject({ type: "Error", message: expect.stringContaining("socket closed") });
    expect(error.stack).toContain("log.test.ts");
  });

  test("have every key once, whatever fields are called", () => {
    const { lines, log } = collect(false);
    // The compiler refuses such names; what was never typed may have them.
    const untyped = (fields: object) => fields as Record<string, never>;
    const child = log.child(untyped({ pool: "a", level: "high" })).child({ pool: "b" });
    child.info(untyped({ pool: "c", message: "inner", time: 5 }), "outer");
    const keys = [...lines[0]!.matchAll(/"([a-z_]+)":/g)].map(([, key]) => key).sort();
    expect(keys).toEqual(["level", "level_", "message", "message_", "pool", "time", "time_"]);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: "info",
      level_: "high",
      pool: "c",
      message: "outer",
      time_: 5,
    });
  });

  test("a child's fields are on its lines and on no other's", () => {
    const { lines, log } = collect(false);
    log.child({ pool: "a" }).info({}, "of the child");
    log.info({}, "of the parent");
    expect(lines.map((line) => JSON.parse(line).pool)).toEqual(["a", undefined]);
  });

  test("stay one line that no terminal obeys, and still mean the same", () => {
    const { lines, log } = collect(false);
    const nasty = "a\nb\u001b[31mc\u009b2Jd\u202ee\u2028f\u007fg\u{e0001}h";
    log.info({ name: nasty, [nasty]: 1 }, nasty);
    expect(lines[0]!.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(JSON.parse(lines[0]!)).toMatchObject({ name: nasty, [nasty]: 1, message: nasty });
  });

  test("survive fields that JSON cannot hold", () => {
    const { lines, log } = collect(false);
    const loop: Record<string, unknown> = { big: 5n };
    loop.self = loop;
    log.info({ loop, nothing: undefined, call: () => 1 }, "odd");
    expect(JSON.parse(lines[0]!)).toMatchObject({ message: "odd" });
  });
});

test.each([
  ["debug", 4],
  ["info", 3],
  ["warn", 2],
  ["error", 1],
  ["silent", 0],
] as const)("level %s lets %i of four lines through", (level, count) => {
  for (const pretty of [true, false]) {
    const { lines, log } = collect(pretty, { level });
    for (const write of [log.debug, log.info, log.warn, log.error]) write({}, "line");
    expect(lines).toHaveLength(count);
  }
});

describe("pretty lines", () => {
  test("are time, level, message and key=value", () => {
    const { lines, log } = collect(true);
    log
      .child({ pool: "shop/checkout" })
      .info({ pods: 3, load: 47.5, ports: [80], note: "two words", empty: "" }, "planned");
    expect(lines[0]).toMatch(clock);
    expect(lines[0]!.replace(clock, "")).toBe(
      'INFO  planned pool=shop/checkout pods=3 load=47.5 ports=[80] note="two words" empty=""\n',
    );
  });

  test("show what a terminal would obey", () => {
    const { lines, log } = collect(true);
    log.warn({ name: "a\u001b[2J\nERROR forged", "k\u009by": "v\u202ew" }, "bad\r\nname\u001b[31m");
    expect(lines[0]!.replace(clock, "")).toBe(
      'WARN  bad\\u000d\\u000aname\\u001b[31m name="a\\u001b[2J\\nERROR forged" k\\u009by=v\\u202ew\n',
    );
  });

  test("put an error's message in the line and its stack below, indented", () => {
    const { lines, log } = collect(true);
    log.error({ error: new Error("no\nroute") }, "pass failed");
    const [first, ...rest] = lines.join("").split("\n").slice(0, -1);
    expect(first!.replace(clock, "")).toBe('ERROR pass failed error="no\\nroute"');
    expect(rest.length).toBeGreaterThan(1);
    for (const line of rest) expect(line).toMatch(/^ {4}\S/);
  });

  test("have colors on a terminal that has them, and nowhere else", () => {
    const painted = collect(true, { colors: true });
    painted.log.error({}, "red");
    expect(painted.lines[0]).toContain("\u001b[31mERROR\u001b[39m");
    const plain = collect(false, { colors: true });
    plain.log.error({}, "plain");
    expect(plain.lines[0]).not.toContain("\u001b");
  });
});
