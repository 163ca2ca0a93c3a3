import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { hasTerminal, PseudoTerminal } from "../../../tools/pseudo-terminal.ts";

const main = fileURLToPath(new URL("../../../../src/lab/main.ts", import.meta.url));
const run = `${process.execPath} ${main} demo --port 0 --page-port 0`;
const framed = `echo "before $(stty -g)"; ${run}; echo "code $?"; echo "after $(stty -g)"`;

const terminals: PseudoTerminal[] = [];
afterEach(() => {
  for (const { child } of terminals.splice(0)) child.kill();
});

function start(): PseudoTerminal {
  const terminal = new PseudoTerminal(framed, { columns: 80, rows: 24 });
  terminals.push(terminal);
  return terminal;
}

/** A row of the table. */
interface Row {
  readonly pod: string;
  readonly isSelected: boolean;
  /** Of a pod that takes traffic. */
  readonly rank: number | undefined;
  readonly text: string;
}

const rowsOf = ({ screen }: PseudoTerminal): Row[] =>
  screen.flatMap((line) => {
    const [, mark, rank, pod] = /^(.) +(\d+|-) (web-\S+)/.exec(line) ?? [];
    if (pod === undefined) return [];
    return [{ pod, isSelected: mark === "›", rank: rank === "-" ? undefined : Number(rank), text: line }];
  });

const selectedOf = (terminal: PseudoTerminal): Row | undefined => rowsOf(terminal).find(({ isSelected }) => isSelected);

/** Requests of a client that failed, of how many. */
function failuresOf({ screen }: PseudoTerminal, client: string): [number, number] {
  const line = screen.find((each) => each.startsWith(` ${client}:`)) ?? "";
  const [, failed, sent] = / (\d+)\/(\d+)$/.exec(line.trimEnd()) ?? [];
  return [Number(failed), Number(sent)];
}

const settings = ({ output }: PseudoTerminal, when: string): string | undefined =>
  new RegExp(`^${when} (\\S+)`, "m").exec(output)?.[1];

function expectGivenBack(terminal: PseudoTerminal): void {
  expect(settings(terminal, "code")).toBe("0");
  expect(settings(terminal, "before")).toMatch(/:/);
  expect(settings(terminal, "after")).toBe(settings(terminal, "before"));
  expect(terminal.output.split("\x1b[?7h\x1b[?25h\x1b[?1049l")).toHaveLength(2);
  expect(terminal.output).toMatch(/evenkeel demo, \d+:\d\d: 1 -> \d+ replicas/);
}

describe.skipIf(!hasTerminal)("the demo in a terminal", () => {
  test("does what its keys say, and shows what becomes of it", async () => {
    const terminal = start();
    await terminal.until(() => rowsOf(terminal).filter(({ rank }) => rank !== undefined).length >= 2);
    expect(Math.max(...terminal.screen.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(terminal.screen.length).toBeLessThanOrEqual(24);

    terminal.press("?");
    const url = (await terminal.shows(/curl \S+/)).slice("curl ".length);
    const poolOf = async () => (await (await fetch(url)).json()) as { strategy: string; endpoints: { pod: string }[] };
    await terminal.shows(/make it lie/);
    terminal.press(" ");
    await terminal.shows(/CLIENT/);

    // Load that was added comes at once, on top of the demo's own.
    terminal.press("++");
    await terminal.shows(/load \+56/);
    await terminal.until(() => Number(/(\d+) open/.exec(terminal.screen.join("\n"))?.[1]) >= 56);

    // On a busy machine a pod may be out for a while, and stands behind the others then.
    const [first, second] = await terminal.until(() => {
      const rows = rowsOf(terminal);
      return rows[0]?.isSelected && rows.every(({ rank }) => rank !== undefined) && rows;
    });
    terminal.press("j");
    await terminal.until(() => selectedOf(terminal)?.pod === second!.pod);
    terminal.press("\x1b[A");
    await terminal.until(() => selectedOf(terminal)?.pod === first!.pod);

    // Frozen: out of the pool, and failing whoever does not know.
    const frozen = selectedOf(terminal)!.pod;
    terminal.press("f");
    await terminal.shows(new RegExp(`${frozen}: frozen: it accepts and answers`));
    await terminal.until(() => selectedOf(terminal)?.text.includes("Unhealthy: TimedOut"));
    expect((await poolOf()).endpoints.map(({ pod }) => pod)).not.toContain(frozen);
    const [before] = failuresOf(terminal, "blind");
    const [known] = failuresOf(terminal, "following");
    await terminal.until(() => {
      const blind = failuresOf(terminal, "blind")[0] - before;
      return blind > 10 + 3 * (failuresOf(terminal, "following")[0] - known);
    });
    terminal.press("f");
    await terminal.until(() => selectedOf(terminal)?.rank !== undefined);
    expect(selectedOf(terminal)!.pod).toBe(frozen);

    // Slow: seen by a strategy that goes by response times.
    terminal.press("w");
    await terminal.until(() => selectedOf(terminal)?.text.endsWith("slow"));
    terminal.press("ss");
    await terminal.shows(/default\/web {2}FastestResponse/);
    expect((await poolOf()).strategy).toBe("FastestResponse");
    // Of what both send, the one that follows sends it the least.
    await terminal.until(() => {
      const [, byBlind, byFollowing] = / (\d+)% +(\d+)% {2}slow$/.exec(selectedOf(terminal)?.text ?? "") ?? [];
      return Number(byFollowing) < Number(byBlind) / 2;
    });
    terminal.press("w");
    await terminal.until(() => !selectedOf(terminal)?.text.includes("slow"));
    terminal.press("SS");
    await terminal.shows(/default\/web {2}LeastConnections/);

    // A liar draws what the others do not get: it says 0, and has more and more.
    terminal.press("l");
    await terminal.until(() => {
      const [, reported, has] = / (\d+) +[\d.]+% .*lies: (\d+)$/.exec(selectedOf(terminal)?.text ?? "") ?? [];
      return reported === "0" && Number(has) > 10;
    });
    terminal.press("l");
    await terminal.shows(/tells the truth again/);

    terminal.press("p");
    await terminal.shows(/scaling paused/);
    await terminal.shows(/Paused: spec\.scaling\.mode is Paused/);

    const killed = selectedOf(terminal)!.pod;
    terminal.press("x");
    await terminal.shows(new RegExp(`${killed}: killed; its \\d+ connections are cut`));
    await terminal.until(() => !rowsOf(terminal).some(({ pod }) => pod === killed));

    const drained = await terminal.until(() => selectedOf(terminal)?.pod);
    terminal.press("d");
    await terminal.until(() => selectedOf(terminal)?.text.includes("Draining"));
    expect((await poolOf()).endpoints.map(({ pod }) => pod)).not.toContain(drained);
    terminal.press("d");
    await terminal.until(() => selectedOf(terminal)?.rank !== undefined);

    const old = rowsOf(terminal).map(({ pod }) => pod);
    terminal.press("r");
    await terminal.shows(/rolling out/);
    await terminal.until(() => {
      const now = rowsOf(terminal).filter(({ rank }) => rank !== undefined);
      return now.length > 0 && now.every(({ pod }) => !old.includes(pod));
    });

    terminal.press("p");
    await terminal.until(() => !terminal.screen[0]!.includes("scaling paused"));
    terminal.press("--");
    await terminal.until(() => !terminal.screen[0]!.includes("load +"));
    terminal.press("o");
    await terminal.shows(/http:\/\/127\.0\.0\.1:\d+/);

    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
    expectGivenBack(terminal);
    // What was asked for is no fault of the demo.
    expect(terminal.output.split("\x1b[?1049l")[1]).not.toContain("!");
  });

  test("has the keys that make sense where something else carries the traffic", async () => {
    const terminal = new PseudoTerminal(framed.replace(run, `${run} --consumer client`));
    terminals.push(terminal);
    const row = (): string | undefined => terminal.screen.find((line) => line.startsWith("›"));
    await terminal.until(row);
    terminal.press("f");
    await terminal.until(() => row()?.includes("frozen"));
    await terminal.shows(/Unhealthy: TimedOut/);
    // Weight and traffic, of the last ten seconds.
    const traffic = (): string | undefined => /% .* ([\d.]+)% /.exec(row() ?? "")?.[1];
    await terminal.until(() => traffic() === "0.0");
    terminal.press("f");
    await terminal.until(() => Number(traffic()) > 0);
    expect(row()).not.toContain("frozen");
    terminal.press("q");
    expect(await terminal.ended()).toBe(0);
    expect(settings(terminal, "after")).toBe(settings(terminal, "before"));
  });

  test.each([
    ["Ctrl-C", (terminal: PseudoTerminal) => terminal.press("\x03")],
    ["a hangup", (terminal: PseudoTerminal) => process.kill(Number(/pid=(\d+)/.exec(terminal.output)![1]), "SIGHUP")],
  ])("gives the terminal back after %s", async (_name, end) => {
    const told = framed.replace(run, `(echo "pid=$BASHPID"; exec ${run})`);
    const terminal = new PseudoTerminal(told);
    terminals.push(terminal);
    await terminal.until(() => rowsOf(terminal).length > 0);
    end(terminal);
    expect(await terminal.ended()).toBe(0);
    expectGivenBack(terminal);
  });
});
