import { afterEach, describe, expect, test, vi } from "vitest";
import { readFlags, runFlags, UsageError } from "../src/config.ts";

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

  test("refuses what is neither", () => {
    vi.stubEnv("EVENKEEL_PAGE", "perhaps");
    expect(() => readFlags(runFlags, [])).toThrow(UsageError);
    expect(() => readFlags(runFlags, [])).toThrow(/^EVENKEEL_PAGE: /);
  });
});
