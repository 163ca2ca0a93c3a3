import { beforeAll, describe, expect, test } from "vitest";
import { readCredential } from "../../../src/observe/credentials/read-credential.ts";
import { credentialOf, secretData } from "../../builders/secrets.ts";
import { hasOpenssl, type Pair, useAuthority } from "../../tools/authority.ts";

const plain = { insecure: true };
const authorization = (type: "Bearer" | "Basic", contents: Readonly<Record<string, string>>) =>
  credentialOf(type, contents, plain).headersOver("HTTP").authorization;
const missing = (key: string) => ({ kind: "fault", fault: "KeyMissing", key });
const malformed = (key: string) => ({ kind: "fault", fault: "KeyMalformed", key });

describe("what becomes a header", () => {
  test("is the token, without the line break that files end in", () => {
    for (const end of ["", "\n", "\r\n"])
      expect(authorization("Bearer", { token: `a.b-c${end}` })).toBe("Bearer a.b-c");
  });

  test("is name and password, in UTF-8, and a password may have colons and blanks", () => {
    const sent = authorization("Basic", { username: "jürgen\n", password: "a:b: ß\n" });
    expect(Buffer.from(sent!.slice("Basic ".length), "base64").toString()).toBe("jürgen:a:b: ß");
  });

  test.each([
    ["a token in two lines", "Bearer", { token: "a\r\nX-Admin: yes" }, "token"],
    ["a token that ends in two line breaks", "Bearer", { token: "a\n\n" }, "token"],
    ["a token with a blank", "Bearer", { token: "a b" }, "token"],
    ["a token that is no ASCII", "Bearer", { token: "tökén" }, "token"],
    ["a token of 1 MB", "Bearer", { token: "a".repeat(1_000_000) }, "token"],
    ["a token that is no text", "Bearer", { token: Buffer.from([0xff, 0xfe]) }, "token"],
    ["a name with a colon", "Basic", { username: "a:b", password: "c" }, "username"],
    ["a name in two lines", "Basic", { username: "a\nb", password: "c" }, "username"],
    ["a password in two lines", "Basic", { username: "a", password: "b\r\nc" }, "password"],
    ["a password with NUL", "Basic", { username: "a", password: "b\0" }, "password"],
    ["a password that is no UTF-8", "Basic", { username: "a", password: Buffer.from([0x61, 0xff]) }, "password"],
  ] as const)("%s is refused by its key", (_, type, contents, key) => {
    expect(readCredential({ type, insecure: true }, secretData(contents))).toEqual(malformed(key));
  });

  test("a key that is not there, or empty, is missed", () => {
    const read = (type: "Bearer" | "Basic", contents: Readonly<Record<string, string>>, insecure = true) =>
      readCredential({ type, insecure }, secretData(contents));
    expect(read("Bearer", {})).toEqual(missing("token"));
    expect(read("Bearer", { token: "" })).toEqual(missing("token"));
    expect(read("Basic", { username: "a" })).toEqual(missing("password"));
    expect(read("Basic", { password: "a" })).toEqual(missing("username"));
    expect(read("Bearer", { token: "a" }, false)).toEqual(missing("ca.crt"));
  });
});

test("a credential for plain HTTP goes over nothing else, and the other way round", () => {
  expect(() => credentialOf("Bearer", { token: "a" }, plain).headersOver("HTTPS")).toThrow("not for HTTPS");
});

describe.skipIf(!hasOpenssl())("certificates", () => {
  const authority = useAuthority();
  const other = useAuthority();
  let client: Pair;
  let stranger: Pair;
  const read = (contents: Readonly<Record<string, string>>) =>
    readCredential({ type: "ClientCertificate", insecure: false }, secretData(contents));

  beforeAll(async () => {
    [client, stranger] = await Promise.all([authority.sign({ name: "a" }), other.sign({ name: "b" })]);
  });

  test("several authorities may be given, with text between them", () => {
    const contents = { token: "a", "ca.crt": `old:\n${authority.ca}\nnew:\n${other.ca}` };
    expect(readCredential({ type: "Bearer", insecure: false }, secretData(contents)).kind).toBe("credential");
  });

  test("what is none is told by its key", () => {
    const good = { "tls.crt": client.cert, "tls.key": client.key, "ca.crt": authority.ca };
    const broken = (pem: string) => pem.replace(/[A-Za-z0-9+/]{20}/, "A".repeat(20));
    expect(read(good).kind).toBe("credential");
    for (const text of ["secret words", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", client.key]) {
      expect(read({ ...good, "ca.crt": text })).toEqual(malformed("ca.crt"));
      expect(read({ ...good, "tls.crt": text })).toEqual(malformed("tls.crt"));
    }
    expect(read({ ...good, "ca.crt": broken(authority.ca) })).toEqual(malformed("ca.crt"));
    for (const text of ["secret words", broken(client.key), stranger.key, client.cert])
      expect(read({ ...good, "tls.key": text })).toEqual(malformed("tls.key"));
    expect(read({ ...good, "ca.crt": "x".repeat(1_000_000) })).toEqual(malformed("ca.crt"));
    for (const key of ["tls.crt", "tls.key", "ca.crt"]) expect(read({ ...good, [key]: "" })).toEqual(missing(key));
  });
});
