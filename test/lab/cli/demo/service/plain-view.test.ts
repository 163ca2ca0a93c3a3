import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createPlainServiceView } from "../../../../../src/lab/cli/demo/service/plain-view.ts";
import { scene } from "./scenes.ts";

test("plain lines tell each second of each Service, and every event and trouble once", () => {
  const stream = new PassThrough();
  const view = createPlainServiceView(stream);
  const read = () => String(stream.read() ?? "").split("\n");
  const looks = (at: string) => [
    ` ${at}  plain       [21,29,24,16,24,26,24,17,36,23]  sd/mean 0.23  max/mean 1.50, 10 of 10 ready`,
    ` ${at}  least-busy  [24,26*,24,22,24,26*,24,23,27*,23]  sd/mean 0.06  max/mean 1.11, 7 of 10 ready`,
    "",
  ];
  view.show(scene({ events: [] }));
  expect(read()).toEqual([
    " 0:24  operator http://127.0.0.1:40123/v1/pools; Ctrl-C ends",
    " 0:24  page http://127.0.0.1:8081",
    ...looks("0:24"),
  ]);
  view.show(scene({ elapsedMs: 25_400, trouble: "a sample failed: TimedOut" }));
  expect(read()).toEqual([
    " 0:22  5 pods join each Service: 10 -> 15",
    " 0:25  ! a sample failed: TimedOut",
    ...looks("0:25"),
  ]);
  view.show(scene({ elapsedMs: 26_400, trouble: "a sample failed: TimedOut" }));
  expect(read()).toEqual(looks("0:26"));
});
