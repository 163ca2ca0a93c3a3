import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { type Auth, authorityKey, type CredentialType, credentialKeys } from "../../api/auth.ts";
import { certificatesIn } from "../../pods/certificate.ts";
import { Credential } from "../../pods/greeting.ts";

/** The contents of a Secret by key, as bytes. */
export type SecretData = ReadonlyMap<string, Buffer>;

/** A credential, or the first key that is missing or not what it should be. */
export type ReadCredential =
  | { readonly kind: "credential"; readonly credential: Credential }
  | { readonly kind: "fault"; readonly fault: "KeyMissing" | "KeyMalformed"; readonly key: string };

class KeyFault extends Error {
  readonly fault: "KeyMissing" | "KeyMalformed";
  readonly key: string;

  constructor(fault: "KeyMissing" | "KeyMalformed", key: string) {
    super(`${key}: ${fault}`);
    this.fault = fault;
    this.key = key;
  }
}

/** Servers take headers of 8 KiB at least, all together. */
const maxTextBytes = 6_144;
const maxPemBytes = 262_144;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Whatever is thrown about what a key holds may quote it: only the key is told. */
function within<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new KeyFault("KeyMalformed", key);
  }
}

function bytesOf(data: SecretData, key: string, most: number): Buffer {
  const bytes = data.get(key);
  if (bytes === undefined || bytes.length === 0) throw new KeyFault("KeyMissing", key);
  if (bytes.length > most) throw new KeyFault("KeyMalformed", key);
  return bytes;
}

/** Text of which a header is made; a line break at its end, as files have it, is no part of it. */
function textOf(data: SecretData, key: string, form: RegExp): string {
  const bytes = bytesOf(data, key, maxTextBytes);
  const text = within(key, () => utf8.decode(bytes)).replace(/\r?\n$/, "");
  if (!form.test(text)) throw new KeyFault("KeyMalformed", key);
  return text;
}

const token = /^[\x21-\x7e]+$/;
/** By RFC 7617: neither holds control characters, and a name no colon. */
const user = /^[^\p{Cc}:]+$/u;
const password = /^\P{Cc}+$/u;

/** Certificates, one at least, each of which is one. Without any, TLS would take those of the system for given. */
function certificatesOf(data: SecretData, key: string): string {
  const blocks = certificatesIn(bytesOf(data, key, maxPemBytes).toString("latin1"));
  if (blocks.length === 0) throw new KeyFault("KeyMalformed", key);
  for (const block of blocks) within(key, () => new X509Certificate(block));
  return `${blocks.join("\n")}\n`;
}

function clientPair(data: SecretData): { readonly cert: string; readonly key: Buffer } {
  const [certKey, keyKey] = credentialKeys.ClientCertificate;
  const cert = certificatesOf(data, certKey);
  const key = bytesOf(data, keyKey, maxPemBytes);
  const fits = within(keyKey, () => new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)));
  if (!fits) throw new KeyFault("KeyMalformed", keyKey);
  return { cert, key };
}

function headersOf(type: CredentialType, data: SecretData): Readonly<Record<string, string>> {
  switch (type) {
    case "Bearer":
      return { authorization: `Bearer ${textOf(data, "token", token)}` };
    case "Basic": {
      const pair = `${textOf(data, "username", user)}:${textOf(data, "password", password)}`;
      return { authorization: `Basic ${Buffer.from(pair, "utf8").toString("base64")}` };
    }
    case "ClientCertificate":
      return {};
  }
}

/** An intermediate authority that is given is one to go by, as in Go's TLS. */
function contextOf(type: CredentialType, data: SecretData): SecureContext {
  const ca = certificatesOf(data, authorityKey);
  const pair = type === "ClientCertificate" ? clientPair(data) : {};
  return within(authorityKey, () => createSecureContext({ ca, ...pair, allowPartialTrustChain: true }));
}

/** What a Secret holds for a pool's auth. What is wrong with it is told by the key alone. */
export function readCredential({ type, insecure }: Pick<Auth, "type" | "insecure">, data: SecretData): ReadCredential {
  try {
    const headers = headersOf(type, data);
    return { kind: "credential", credential: new Credential(headers, insecure ? undefined : contextOf(type, data)) };
  } catch (error) {
    if (error instanceof KeyFault) return { kind: "fault", fault: error.fault, key: error.key };
    throw error;
  }
}
