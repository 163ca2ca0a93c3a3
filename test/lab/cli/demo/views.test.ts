import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { expect, test } from "vitest";
import { createPlainView, createTableView } from "../../../../src/lab/cli/demo/view.ts";
import { scene } from "./scenes.ts";

/** A terminal that keeps what is written to it. */
function openTerminal(columns: number, rows: number) {
  const stream = Object.assign(new PassThrough(), { columns, rows, isTTY: true });
  return { stream: stream as unknown as WriteStream, resize: stream, read: () => String(stream.read() ?? "") };
}

test("the table takes the terminal over, draws in place, follows its size and gives it back", () => {
  const { stream, resize, read } = openTerminal(80, 24);
  const exitListeners = process.listenerCount("exit");
  const view = createTableView(stream, false);
  expect(read()).toBe("\x1b[?1049h\x1b[?25l\x1b[?7l");
  view.show(scene());
  const frame = read();
  expect(frame.startsWith("\x1b[H\x1b[K evenkeel  default/web")).toBe(true);
  const last = frame.split("\r\n").at(-1)!;
  expect([last.startsWith("\x1b[J "), last.endsWith("Ctrl-C ends")]).toEqual([true, true]);
  expect(frame.split("\r\n").length).toBeLessThanOrEqual(24);
  Object.assign(resize, { columns: 40, rows: 10 });
  resize.emit("resize");
  expect(read().split("\r\n").length).toBeLessThanOrEqual(10);
  view.close();
  expect(read()).toBe("\x1b[?7h\x1b[?25h\x1b[?1049l");
  view.show(scene());
  expect(read()).toBe("");
  expect(process.listenerCount("exit")).toBe(exitListeners);
});

test("plain lines tell each second, and every event, decision and trouble once", () => {
  const { stream, read } = openTerminal(80, 24);
  const view = createPlainView(stream);
  const [first, second] = scene().events;
  view.show(scene({ events: [first!] }));
  expect(read().split("\n")).toEqual([
    " 0:24  operator http://127.0.0.1:40123/v1/pools; Ctrl-C ends",
    " 0:24  page http://127.0.0.1:8081",
    ` 0:05  scale 1 -> 2  LoadAboveLimit: ${first!.message}`,
    " 0:24  decision WithinLimit: Average load 43.0% is within the limit of 50%.",
    " 0:24  [74.54%,51.74%,2.70%,?]  average 43.0% of 50%, 4/8 replicas, 33 connections",
    "",
  ]);
  view.show(scene({ events: [first!, second!], elapsedMs: 25_400, trouble: "a sample failed: TimedOut" }));
  expect(read().split("\n")).toEqual([
    ` 0:12  scale 2 -> 4  LoadAboveLimit: ${second!.message}`,
    " 0:25  ! a sample failed: TimedOut",
    " 0:25  [74.54%,51.74%,2.70%,?]  average 43.0% of 50%, 4/8 replicas, 33 connections",
    "",
  ]);
  view.show(scene({ events: [first!, second!], elapsedMs: 26_400, trouble: "a sample failed: TimedOut" }));
  expect(read()).toBe(" 0:26  [74.54%,51.74%,2.70%,?]  average 43.0% of 50%, 4/8 replicas, 33 connections\n");
});
