import { expect, test } from "vitest";
import { readFlags, runFlags } from "../../src/config.ts";

const peersOf = (text: string) => readFlags({ peers: runFlags.peers }, [`--peers=${text}`]).peers;

test("peers are names or addresses with a port, one or more", () => {
  expect(peersOf("evenkeel-peers.evenkeel.svc:8080")).toEqual([{ host: "evenkeel-peers.evenkeel.svc", port: 8080 }]);
  expect(peersOf("10.0.0.1:80, [fd00::1]:65535")).toEqual([
    { host: "10.0.0.1", port: 80 },
    { host: "fd00::1", port: 65_535 },
  ]);
});

test.each([
  "",
  "host",
  "host:0",
  "host:65536",
  "host:080",
  "fd00::1:80",
  "http://host:80",
  "u@host:80",
  "a b:80",
  "a:1,",
])("%j is no peer, and the flag is named", (text) => {
  expect(() => peersOf(text)).toThrow(/^--peers: must (be HOST:PORT|have a port)/);
});
