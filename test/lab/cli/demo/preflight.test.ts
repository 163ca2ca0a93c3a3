import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkWritable, choosePodPort, findFreePort, startOnPort } from "../../../../src/lab/cli/demo/preflight.ts";

const host = "127.0.0.1";

/** A port that is taken until the test is over. */
async function takePort(on = host): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await findFreePort(on);
  const server = createServer().listen(port, on);
  await once(server, "listening");
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  return { port, [Symbol.asyncDispose]: close };
}

test("finds free ports below those that connections are given, and says why a host has none", async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => findFreePort(host)));
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(10_000);
    expect(port).toBeLessThan(30_000);
  }
  expect(new Set(ports).size).toBeGreaterThan(10);
  await expect(findFreePort("192.0.2.1")).rejects.toThrow("no port of 192.0.2.1 can be had (EADDRNOTAVAIL)");
});

test("takes the usual port, any when that is taken, and refuses one that was asked for and is taken", async () => {
  await using taken = await takePort();
  const listen = async (port: number): Promise<number> => {
    const server = createServer().listen(port, host);
    await once(server, "listening");
    const found = (server.address() as AddressInfo).port;
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    return found;
  };
  const { port } = taken;
  for (const asked of [undefined, 0]) {
    const found = await startOnPort(asked, port, "--port", listen);
    expect(found).toBeGreaterThan(0);
    expect(found).not.toBe(port);
  }
  await expect(startOnPort(port, 8001, "--port", listen)).rejects.toThrow(
    `port ${port} is taken: choose another with --port, or --port 0 for any`,
  );
  await expect(startOnPort(port, 8001, "--page-port", () => listen(port))).rejects.toThrow(/--page-port 0 for any/);
  const other = new Error("no port at all");
  await expect(startOnPort(undefined, port, "--port", () => Promise.reject(other))).rejects.toBe(other);
  await taken[Symbol.asyncDispose]();
  expect(await startOnPort(undefined, port, "--port", listen)).toBe(port);
  expect(await startOnPort(port, 8001, "--port", listen)).toBe(port);
});

test("gives pods another port when something listens on all addresses at theirs", async () => {
  await using taken = await takePort("0.0.0.0");
  const port = await choosePodPort(host, taken.port);
  expect(port).not.toBe(taken.port);
  expect(port).toBeGreaterThan(0);
});

test("says what to do where pods can have no addresses", async () => {
  // An address for documentation (RFC 5737): no machine has it.
  await expect(choosePodPort("192.0.2.1", 8080)).rejects.toThrow(
    /this system has no 192\.0\.2\.1: on macOS add some with `for i in .*ifconfig lo0 alias 192\.0\.2\.\$i; done`/,
  );
});

test("knows a file that cannot be written, and leaves no trace of the question", async () => {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-preflight-"));
  const [known, fresh] = [join(folder, "known.json"), join(folder, "fresh.json")];
  await writeFile(known, "{}");
  await checkWritable(known);
  await checkWritable(fresh);
  expect(await readdir(folder)).toEqual(["known.json"]);
  await expect(checkWritable(folder)).rejects.toThrow("cannot be written: it is a directory");
  await expect(checkWritable(join(known, "x"))).rejects.toThrow("there is no such directory");
  await expect(checkWritable(join(folder, "no", "x"))).rejects.toThrow("there is no such directory");
  await rm(folder, { recursive: true });
});
