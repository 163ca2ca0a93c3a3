import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkWritable, choosePodPort, choosePort } from "../../src/cli/demo/preflight.ts";

const host = "127.0.0.1";

/** A port that is taken until the test is over. */
async function takePort(on = host): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, on);
  await once(server, "listening");
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

test("takes the usual port, any when that is taken, and refuses one that was asked for and is taken", async () => {
  await using taken = await takePort();
  expect(await choosePort(host, undefined, taken.port, "--port")).toBe(0);
  expect(await choosePort(host, 0, taken.port, "--port")).toBe(0);
  await expect(choosePort(host, taken.port, 8001, "--port")).rejects.toThrow(
    `port ${taken.port} is taken: choose another with --port, or --port 0 for any`,
  );
  const { port } = taken;
  await taken[Symbol.asyncDispose]();
  expect(await choosePort(host, undefined, port, "--port")).toBe(port);
  expect(await choosePort(host, port, 8001, "--port")).toBe(port);
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
