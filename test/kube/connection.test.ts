import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConnection, plainConnection } from "../../src/kube/connection.ts";
import { Transport, target } from "../../src/kube/transport.ts";
import { pods } from "../../src/kube/types.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "evenkeel-connection-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const kubeconfig = (name: string, cluster: object, user: object | undefined, namespace?: string): string =>
  file(
    name,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "main",
      clusters: [
        { name: "c", cluster },
        { name: "d", cluster: { server: "https://other:6443" } },
      ],
      contexts: [
        { name: "main", context: { cluster: "c", ...(user && { user: "u" }), ...(namespace && { namespace }) } },
        { name: "other", context: { cluster: "d", user: "u" } },
      ],
      users: user ? [{ name: "u", user }] : [],
    }),
  );

test("a plain connection has no credentials", async () => {
  const connection = plainConnection("http://127.0.0.1:8080");
  expect(await connection.credentials()).toEqual({ headers: {}, tls: {} });
});

describe("a kubeconfig", () => {
  const ca = Buffer.from("the CA").toString("base64");
  const server = "https://127.0.0.1:6443/base";

  test("gives server, namespace, CA and token", async () => {
    const path = kubeconfig("token", { server, "certificate-authority-data": ca }, { token: "t" }, "team");
    const connection = await loadConnection({ kubeconfig: path });
    expect(connection.server.href).toBe(server);
    expect(connection.namespace).toBe("team");
    expect(await connection.credentials()).toEqual({
      headers: { authorization: "Bearer t" },
      tls: { ca: Buffer.from("the CA") },
    });
  });

  test("gives another of its contexts", async () => {
    const path = kubeconfig("contexts", { server }, { token: "t" });
    expect((await loadConnection({ kubeconfig: path, context: "other" })).server.host).toBe("other:6443");
    await expect(loadConnection({ kubeconfig: path, context: "missing" })).rejects.toThrow('"missing"');
  });

  test("gives client certificates, a server name and the wish not to verify", async () => {
    const path = kubeconfig(
      "tls",
      { server, "insecure-skip-tls-verify": true, "tls-server-name": "kubernetes" },
      {
        "client-certificate": file("cert.pem", "the cert"),
        "client-key-data": Buffer.from("the key").toString("base64"),
      },
    );
    expect(await (await loadConnection({ kubeconfig: path })).credentials()).toEqual({
      headers: {},
      tls: {
        cert: Buffer.from("the cert"),
        key: Buffer.from("the key"),
        servername: "kubernetes",
        rejectUnauthorized: false,
      },
    });
  });

  test("without a user still has the cluster's CA", async () => {
    const path = kubeconfig("anonymous", { server, "certificate-authority-data": ca }, undefined);
    expect(await (await loadConnection({ kubeconfig: path })).credentials()).toEqual({
      headers: {},
      tls: { ca: Buffer.from("the CA") },
    });
  });

  test("on plain HTTP sends no credentials", async () => {
    const path = kubeconfig("http", { server: "http://127.0.0.1:8001" }, { token: "secret" });
    expect(await (await loadConnection({ kubeconfig: path })).credentials()).toEqual({ headers: {}, tls: {} });
  });
});

describe("a token file", () => {
  const start = async (
    name: string,
  ): Promise<{
    connection: Awaited<ReturnType<typeof loadConnection>>;
    clock: { now: number };
    write(token: string): void;
  }> => {
    const tokenFile = file(`${name}-token`, "first\n");
    const user = { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
    const clock = { now: 1_000_000 };
    const path = kubeconfig(name, { server: "https://127.0.0.1:6443" }, user);
    const connection = await loadConnection({ kubeconfig: path, now: () => clock.now });
    return { connection, clock, write: (token) => writeFileSync(tokenFile, token) };
  };

  test("is read again when the server refuses the token, once for all who were refused", async () => {
    const { connection, write } = await start("refused");
    const old = await connection.credentials();
    expect(old.headers).toEqual({ authorization: "Bearer first" });
    write("second\n");
    expect(await connection.credentials()).toBe(old);
    const [a, b] = await Promise.all([connection.credentials(old), connection.credentials(old)]);
    expect(a.headers).toEqual({ authorization: "Bearer second" });
    expect(b).toBe(a);
    write("third");
    expect(await connection.credentials(old)).toBe(a);
    expect(a.tls).toBe(old.tls);
  });

  test("is not read for every refusal when refusals do not end", async () => {
    const { connection, clock, write } = await start("storm");
    const first = await connection.credentials(await connection.credentials());
    write("second");
    expect(await connection.credentials(first)).toBe(first);
    clock.now += 1_100;
    expect((await connection.credentials(first)).headers).toEqual({ authorization: "Bearer second" });
  });

  test("that cannot be read for a moment leaves the last token in use", async () => {
    const { connection, clock } = await start("gone");
    const first = await connection.credentials();
    rmSync(join(folder, "gone"));
    clock.now += 40_000;
    expect((await connection.credentials()).headers).toEqual(first.headers);
    await expect(connection.credentials(await connection.credentials())).rejects.toThrow("ENOENT");
  });
});

test("a credential plugin is run once, and again when its token is refused", async () => {
  const log = file("runs", "");
  const plugin = file(
    "plugin.mjs",
    `import { appendFileSync, readFileSync } from "node:fs";
    appendFileSync(${JSON.stringify(log)}, "run\\n");
    const token = "t" + readFileSync(${JSON.stringify(log)}, "utf8").split("\\n").length;
    console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } }));`,
  );
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [plugin] };
  const path = kubeconfig("exec", { server: "https://127.0.0.1:6443" }, { exec });
  const connection = await loadConnection({ kubeconfig: path });
  const first = await connection.credentials();
  await Promise.all(Array.from({ length: 5 }, () => connection.credentials()));
  expect(first.headers).toEqual({ authorization: "Bearer t2" });
  const renewed = await Promise.all([connection.credentials(first), connection.credentials(first)]);
  expect(renewed[0]?.headers).toEqual({ authorization: "Bearer t3" });
  expect(readFileSync(log, "utf8")).toBe("run\nrun\n");
});

const openssl = ((): boolean => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!openssl)("TLS: a server that the CA vouches for is talked to, any other is not", async () => {
  const make = (name: string): { key: string; cert: string } => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", [...request, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { key, cert };
  };
  const [ours, theirs] = [make("ours"), make("theirs")];
  const seen: (string | undefined)[] = [];
  const server = createServer({ key: readFileSync(ours.key), cert: readFileSync(ours.cert) }, (request, response) => {
    seen.push(`${request.httpVersion} ${request.headers.authorization}`);
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    for (const [ca, trusted] of [
      [ours.cert, true],
      [theirs.cert, false],
    ] as const) {
      const path = kubeconfig(`tls-${trusted}`, { server: url, "certificate-authority": ca }, { token: "t" });
      const transport = new Transport({ connection: await loadConnection({ kubeconfig: path }) });
      const answer = transport.request({ verb: "get", target: target(pods), retry: false });
      if (trusted) expect(await answer).toEqual({});
      else await expect(answer).rejects.toMatchObject({ status: 0, reason: "Unreachable" });
      await transport.close();
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
  expect(seen).toEqual(["1.1 Bearer t"]);
});
