import { describe, expect, onTestFinished, test } from "vitest";
import { readTls, type TlsHooks, type TlsPaths } from "../../../src/serve/tls/tls-files.ts";
import { mountSecret, type SecretFolder } from "../../rigs/secret-folder.ts";
import { hasOpenssl, useAuthority } from "../../tools/authority.ts";

const hosts = "DNS:evenkeel.test";

describe.skipIf(!hasOpenssl())("certificates from files", () => {
  const authority = useAuthority();
  const secretOf = async () => {
    const { cert, key } = await authority.sign({ name: "evenkeel", hosts });
    return { "tls.crt": cert, "tls.key": key };
  };
  const pathsIn = (secret: SecretFolder): TlsPaths => ({ cert: secret.path("tls.crt"), key: secret.path("tls.key") });

  async function follow(secret: SecretFolder, paths: Partial<TlsPaths> = {}) {
    const errors: string[] = [];
    const onError: TlsHooks["onError"] = (error) => errors.push((error as Error).message);
    const tls = await readTls({ ...pathsIn(secret), ...paths }, { onError, everyMs: 5 });
    onTestFinished(tls.close);
    return { tls, errors };
  }

  test("follow a Secret that turns, and tell who subscribed, until he leaves", async () => {
    const [first, second, third] = [await secretOf(), await secretOf(), await secretOf()];
    const secret = await mountSecret(first);
    const { tls, errors } = await follow(secret);
    const told: string[] = [];
    const leave = tls.subscribe(({ cert }) => told.push(cert));
    expect(tls.current()).toEqual({ cert: first["tls.crt"], key: first["tls.key"] });
    await secret.turn(second);
    await expect.poll(() => tls.current().cert).toBe(second["tls.crt"]);
    expect(told).toEqual([second["tls.crt"]]);
    leave();
    await secret.turn(third);
    await expect.poll(() => tls.current().cert).toBe(third["tls.crt"]);
    expect([told.length, errors]).toEqual([1, []]);
  });

  test.each([
    ["a key of another certificate", async () => ({ "tls.key": (await secretOf())["tls.key"] }), /key values mismatch/],
    ["an empty certificate", async () => ({ "tls.crt": "" }), /tls\.crt: holds no certificate/],
    [
      "a chain whose end is cut off",
      async () => ({ "tls.crt": (await secretOf())["tls.crt"] + authority.ca.slice(0, 200) }),
      /tls\.crt: holds a certificate that is cut off/,
    ],
    ["half a key", async () => ({ "tls.key": (await secretOf())["tls.key"].slice(0, 80) }), /tls\.key/],
  ])("that come with %s change nothing and are told of once; the next good pair is taken", async (_, broken, words) => {
    const first = await secretOf();
    const secret = await mountSecret(first);
    const { tls, errors } = await follow(secret);
    await secret.turn({ ...first, ...(await broken()) });
    await expect.poll(() => errors).toEqual([expect.stringMatching(words)]);
    expect(tls.current().cert).toBe(first["tls.crt"]);
    const next = await secretOf();
    await secret.turn(next);
    await expect.poll(() => tls.current().cert).toBe(next["tls.crt"]);
    expect(errors).toHaveLength(1);
  });

  test("that are gone for a while change nothing", async () => {
    const first = await secretOf();
    const secret = await mountSecret(first);
    const { tls, errors } = await follow(secret);
    await secret.turn({});
    // Of two, where the certificate was read just before it went.
    await expect.poll(() => errors.at(-1)).toMatch(/ENOENT.*tls\.crt/);
    expect(errors.filter((error) => !/ENOENT/.test(error))).toEqual([]);
    expect(tls.current().key).toBe(first["tls.key"]);
  });

  test("may do without the authority of replicas, not without that of clients", async () => {
    const secret = await mountSecret({ ...(await secretOf()), "ca.crt": authority.ca });
    const { tls } = await follow(secret, { ca: secret.path("none.crt") });
    expect(tls.current().ca).toBeUndefined();
    const empty = await mountSecret({ ...(await secretOf()), "ca.crt": "\n" });
    expect((await follow(empty, { ca: empty.path("ca.crt") })).tls.current().ca).toBeUndefined();
    const known = await follow(secret, { ca: secret.path("ca.crt"), clientCa: secret.path("ca.crt") });
    expect(known.tls.current()).toMatchObject({ ca: authority.ca, clientCa: authority.ca });
    await expect(readTls({ ...pathsIn(secret), clientCa: secret.path("none.crt") })).rejects.toThrow(/ENOENT/);
  });

  test("are needed at the start", async () => {
    const secret = await mountSecret({ ...(await secretOf()), "tls.key": "no key" });
    await expect(readTls(pathsIn(secret))).rejects.toThrow(/tls\.crt with .*tls\.key/);
  });
});
