import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { hasTerminal, PseudoTerminal } from "../../tools/pseudo-terminal.ts";

const program = fileURLToPath(new URL("press-keys.ts", import.meta.url));
const run = `${process.execPath} ${program}`;
/** The terminal's settings before and after, and how the program ended. */
const framed = `echo "before $(stty -g)"; ${run} 2>/dev/null; echo "code $?"; echo "after $(stty -g)"`;

const settings = (terminal: PseudoTerminal, when: string): string | undefined =>
  new RegExp(`${when} (\\S+)`).exec(terminal.output)?.[1];

async function open(): Promise<{ readonly terminal: PseudoTerminal; readonly pid: number }> {
  const terminal = new PseudoTerminal(framed);
  const pid = await terminal.until(() => /pid (\d+)\ntrue/.exec(terminal.screen.join("\n"))?.[1]);
  return { terminal, pid: Number(pid) };
}

describe.skipIf(!hasTerminal)("keys in a terminal", () => {
  const endings = [
    { by: "a key", press: "q", code: 0, told: "ended <q>" },
    { by: "Ctrl-C", press: "\x03", code: 0, told: "ended SIGINT" },
    { by: "an exception", press: "x", code: 1 },
    { by: "process.exit", press: "e", code: 3 },
    { by: "Ctrl-\\", press: "\x1c", code: 131 },
    { by: "SIGTERM", signal: "SIGTERM", code: 0, told: "ended SIGTERM" },
    { by: "SIGHUP", signal: "SIGHUP", code: 0, told: "ended SIGTERM" },
  ] as const;
  for (const ending of endings)
    test(`give the terminal back as it was, ended by ${ending.by}`, async () => {
      const { terminal, pid } = await open();
      if ("press" in ending) terminal.press(ending.press);
      else process.kill(pid, ending.signal);
      expect(await terminal.ended()).toBe(0);
      expect(settings(terminal, "before")).toMatch(/:/);
      expect(settings(terminal, "after")).toBe(settings(terminal, "before"));
      expect(settings(terminal, "code")).toBe(String(ending.code));
      expect(terminal.output.split("\x1b[?1049h")).toHaveLength(2);
      expect(terminal.output.split("\x1b[?7h\x1b[?25h\x1b[?1049l")).toHaveLength(2);
      if ("told" in ending) expect(terminal.output).toContain(ending.told);
    });

  test("are called by what they write, else by their names", async () => {
    const { terminal } = await open();
    const pressed = [
      ["k", "k"],
      ["K", "K"],
      ["+", "+"],
      ["?", "?"],
      [" ", " "],
      ["é", "é"],
      ["\x1b[A", "up"],
      ["\x1bOB", "down"],
      ["\x1b[C", "right"],
      ["\x1b[6~", "pagedown"],
      ["\r", "return"],
      ["\x7f", "backspace"],
      ["\t", "tab"],
      ["\x12", "ctrl-r"],
      ["\x1bv", "alt-v"],
      ["\x1b", "escape"],
    ] as const;
    for (const [sent, name] of pressed) {
      terminal.press(sent);
      await terminal.until(() => terminal.screen.join("").endsWith(`<${name}>`));
    }
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
  });

  test("let Ctrl-Z stop the program, with the terminal as it was meanwhile, and go on where it was", async () => {
    const line = `set -m; echo "before $(stty -g)"; ${run}; echo "meanwhile $(stty -g)"; fg; echo "after $(stty -g)"`;
    const terminal = new PseudoTerminal(line);
    await terminal.shows(/true/);
    terminal.press("\x1a");
    await terminal.until(() => terminal.output.split("meanwhile ")[1]?.includes("\x1b[?1049h"));
    terminal.press("k");
    await terminal.shows(/<k>/);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
    expect(settings(terminal, "before")).toMatch(/:/);
    expect(settings(terminal, "meanwhile")).toBe(settings(terminal, "before"));
    expect(settings(terminal, "after")).toBe(settings(terminal, "before"));
  });

  test("let Ctrl-Z stop nothing where no shell could let it go on", async () => {
    const { terminal } = await open();
    terminal.press("\x1a");
    await terminal.until(() => terminal.output.split("\x1b[?1049h").length === 3);
    terminal.press("k");
    await terminal.shows(/<k>/);
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
    expect(settings(terminal, "after")).toBe(settings(terminal, "before"));
  });
});

test("never come where the input is no terminal", () => {
  const { stdout } = spawnSync(process.execPath, [program], { input: "q", encoding: "utf8" });
  expect(stdout).toContain("false");
  expect(stdout).not.toContain("<q>");
});
