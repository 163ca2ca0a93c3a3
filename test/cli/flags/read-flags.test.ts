import { afterEach, describe, expect, test, vi } from "vitest";
import { UsageError } from "../../../src/cli/flags/flag.ts";
import { readFlags, readLine } from "../../../src/cli/flags/read-flags.ts";
import { drainFlags, statusFlags, watchFlags } from "../../../src/cli/kubectl/flags.ts";
import { runFlags } from "../../../src/cli/run-flags.ts";
import { demoFlags } from "../../../src/lab/cli/demo/flags.ts";
import { flags as simFlags } from "../../../src/lab/cli/sim/flags.ts";

afterEach(() => vi.unstubAllEnvs());

describe("the page's switch", () => {
  test("is off unless it is given, or its variable says so", () => {
    expect(readFlags(runFlags, [])).toMatchObject({ page: false, "page-port": 8081 });
    expect(readFlags(runFlags, ["--page", "--page-port", "0"])).toMatchObject({ page: true, "page-port": 0 });
    for (const [text, page] of [
      ["true", true],
      ["1", true],
      ["false", false],
      ["0", false],
      ["", false],
    ] as const) {
      vi.stubEnv("EVENKEEL_PAGE", text);
      expect(readFlags(runFlags, []).page).toBe(page);
    }
    vi.stubEnv("EVENKEEL_PAGE", "false");
    vi.stubEnv("EVENKEEL_PAGE_PORT", "9000");
    expect(readFlags(runFlags, ["--page"])).toMatchObject({ page: true, "page-port": 9000 });
  });

  test("goes by the command line before its variable, whichever way", () => {
    vi.stubEnv("EVENKEEL_PAGE", "true");
    expect(readFlags(runFlags, ["--page=false"]).page).toBe(false);
    expect(readFlags(runFlags, ["--page=false", "--page"]).page).toBe(true);
    expect(readFlags(runFlags, ["--page", "--page=false"]).page).toBe(false);
  });

  test("refuses what is neither", () => {
    vi.stubEnv("EVENKEEL_PAGE", "perhaps");
    expect(() => readFlags(runFlags, [])).toThrow(UsageError);
    expect(() => readFlags(runFlags, [])).toThrow(/^EVENKEEL_PAGE: /);
  });
});

describe("a former spelling", () => {
  test("means what it meant", () => {
    expect(readFlags(demoFlags, ["--for", "3s"]).duration).toBe(3_000);
    expect(readFlags(watchFlags, ["--for=3s"]).duration).toBe(3_000);
    expect(readFlags(simFlags, ["--json", "--floor", "half", "--rebalance", "5"])).toMatchObject({
      output: "json",
      floor: "Half",
      "rebalance-percent": 5,
    });
  });

  test("is known only where it was, and as a whole word", () => {
    expect(readFlags(demoFlags, ["--json", "figures.json"]).json).toBe("figures.json");
    expect(() => readFlags(demoFlags, ["--forever", "3s"])).toThrow("there is no flag --forever");
    expect(() => readFlags(runFlags, ["--for", "3s"])).toThrow("there is no flag --for");
  });
});

describe("a letter", () => {
  const read = (...args: readonly string[]) => readLine(statusFlags, args);

  test("stands for a switch, on or off, as for a flag with a value", () => {
    expect(read("-A=true", "-o=json")).toMatchObject({ flags: { "all-namespaces": true, output: "json" }, words: [] });
    expect(read("-A=false", "web")).toMatchObject({ flags: { "all-namespaces": false }, words: ["web"] });
    expect(() => read("-A=perhaps")).toThrow(UsageError);
    expect(() => read("-x=1")).toThrow("there is no flag -x");
  });
});

describe("where it is served", () => {
  test("is everywhere unless an address is given, which may stand in brackets", () => {
    expect(readFlags(runFlags, [])["http-host"]).toBeUndefined();
    expect(readFlags(runFlags, ["--http-host", "0.0.0.0"])["http-host"]).toBe("0.0.0.0");
    expect(readFlags(runFlags, ["--http-host=[::1]"])["http-host"]).toBe("::1");
  });

  test("has a port for probes alone only where one is asked for", () => {
    expect(readFlags(runFlags, [])).not.toHaveProperty("health-port", expect.anything());
    vi.stubEnv("EVENKEEL_HEALTH_PORT", "8082");
    expect(readFlags(runFlags, [])["health-port"]).toBe(8082);
    expect(() => readFlags(runFlags, ["--health-port", "no"])).toThrow("--health-port: must be a port from 0 to 65535");
  });
});

describe("a time to wait", () => {
  test("is at most what a timer can wait", () => {
    expect(readFlags(demoFlags, ["--duration", "576h"]).duration).toBe(2_073_600_000);
    expect(readFlags(drainFlags, ["--timeout", "576h"]).timeout).toBeLessThan(2 ** 31);
    for (const text of ["577h", "34561m", "999999h"]) {
      const refusal = "must be at most 24 days, which are 576h";
      expect(() => readFlags(demoFlags, ["--duration", text])).toThrow(new UsageError(`--duration: ${refusal}`));
      expect(() => readFlags(watchFlags, ["--duration", text])).toThrow(new UsageError(`--duration: ${refusal}`));
      expect(() => readFlags(drainFlags, ["--timeout", text])).toThrow(new UsageError(`--timeout: ${refusal}`));
    }
  });

  test("that is none is refused as such", () => {
    expect(() => readFlags(demoFlags, ["--duration", "30d"])).toThrow(/^--duration: must be a duration such as 30s$/);
  });
});
