import { expect, test } from "vitest";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { runFlags } from "../../src/cli/run-flags.ts";

test.each([
  [["--http-port", "99999"], "--http-port: must be a port from 0 to 65535"],
  [["--page-port", "http"], "--page-port: must be a port from 0 to 65535"],
  [["--log-level", "loud"], "--log-level: must be one of debug, info, warn, error"],
  [["--log-format", "pretty"], "--log-format: must be one of json, text"],
  [["--lease-duration", "500ms"], "--lease-duration: must be whole seconds, from 1s to 10m"],
  [["--leader-election", "maybe"], "--leader-election: must be true or false"],
  [["--http-port", "-1"], "Option '--http-port' argument is ambiguous: write --http-port=VALUE where the value begins"],
])("%j is told what to write", (args, message) => {
  expect(() => readFlags(runFlags, args)).toThrow(message);
});

const bindOf = (text: string) =>
  readFlags({ "haproxy-bind": runFlags["haproxy-bind"] }, [`--haproxy-bind=${text}`])["haproxy-bind"];

test("a place to listen is a port, alone or on an address", () => {
  expect(bindOf(":9010")).toEqual({ host: undefined, port: 9010 });
  expect(bindOf(":0")).toEqual({ host: undefined, port: 0 });
  expect(bindOf("127.0.0.1:9010")).toEqual({ host: "127.0.0.1", port: 9010 });
  expect(bindOf("[::1]:9010")).toEqual({ host: "::1", port: 9010 });
});

test.each(["", "host", "9010", "host:", "::1:80", "host:65536", "tcp://host:80", "a:1,b:2"])(
  "%j is no place to listen, and the flag is named",
  (text) => {
    expect(() => bindOf(text)).toThrow(/^--haproxy-bind: must (be :PORT or ADDRESS:PORT|have a port)/);
  },
);

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
