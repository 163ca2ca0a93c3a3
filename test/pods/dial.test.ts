import { expect, test } from "vitest";
import type { Pod } from "../../src/decide/world.ts";
import { findDial } from "../../src/pods/dial.ts";
import { makePod } from "../observe/sampling/fake-pods.ts";

const ports = [{ name: "http", port: 8080 }, { name: "metrics", port: 9090 }, { port: 7070 }];
const pod = (changes: Partial<Pod> = {}) => makePod({ addresses: ["10.0.0.7", "fd00::7"], ports, ...changes });
const failed = (failure: string) => ({ kind: "failed", failure });

test("finds a declared port by name or number", () => {
  expect(findDial(pod(), "metrics", {})).toEqual({ kind: "dial", address: "10.0.0.7", port: 9090 });
  expect(findDial(pod(), "7070", {})).toEqual({ kind: "dial", address: "10.0.0.7", port: 7070 });
});

test.each(["10250", "kubelet", "909", "09091"])("refuses port %s, which is not declared", (port) =>
  expect(findDial(pod(), port, {})).toEqual(failed("PortNotDeclared")),
);

test("refuses a pod on the host's network unless told otherwise", () => {
  const host = pod({ hostNetwork: true });
  expect(findDial(host, "metrics", {})).toEqual(failed("AddressRefused"));
  expect(findDial(host, "metrics", { allowHostNetwork: true })).toMatchObject({ kind: "dial" });
});

const refused = [
  "127.0.0.1",
  "127.9.9.9",
  "::1",
  "0.0.0.0",
  "::",
  "169.254.169.254",
  "fe80::1",
  "fe80::1%eth0",
  "224.0.0.1",
  "ff02::1",
  "255.255.255.255",
  "::ffff:127.0.0.1",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "64:ff9b::a9fe:a9fe",
  "64:ff9b::127.0.0.1",
  "2002:7f00:1::",
  "localhost",
  "example.com",
  "127.1",
  "0x7f.1",
  "2130706433",
  "127.0.0.01",
  "",
];
test.each(refused)("refuses the address %s", (address) =>
  expect(findDial(pod({ addresses: [address] }), "metrics", {})).toEqual(failed("AddressRefused")),
);

test("refuses a pod without address", () =>
  expect(findDial(pod({ addresses: [] }), "metrics", {})).toEqual(failed("AddressRefused")));

test("lets loopback through where pods live there, and nothing else", () => {
  const policy = { allowLoopback: true };
  expect(findDial(pod({ addresses: ["127.0.0.9"] }), "http", policy)).toMatchObject({ address: "127.0.0.9" });
  expect(findDial(pod({ addresses: ["::1"] }), "http", policy)).toMatchObject({ address: "::1" });
  expect(findDial(pod({ addresses: ["169.254.169.254"] }), "http", policy)).toEqual(failed("AddressRefused"));
});
