import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** What a server of TLS shows, and what its clients trust: the certificate vouches for itself. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

// Node signs, but writes no certificates. This one is always the same but for its key, serial number and time, so that a
// page of DER (ITU-T X.690) does instead of a package with a dozen others.

const encode = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const sequence = (...parts: readonly Uint8Array[]): Buffer => encode(0x30, ...parts);
/** An object identifier, by the hexadecimal of its bytes. */
const identifier = (hex: string): Buffer => encode(0x06, Buffer.from(hex, "hex"));
const time = (ms: number): Buffer =>
  encode(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, "")}Z`));
const context = (number: number, ...parts: readonly Uint8Array[]): Buffer => encode(0xa0 | number, ...parts);
const extension = (id: string, value: Buffer): Buffer => sequence(identifier(id), encode(0x04, value));

const ecdsaWithSha256 = sequence(identifier("2a8648ce3d040302"));
const commonName = "550403";
const basicConstraints = "551d13";
const extendedKeyUsage = "551d25";
const subjectAltName = "551d11";
const serverAuth = "2b06010505070301";

const name = (text: string): Buffer =>
  sequence(encode(0x31, sequence(identifier(commonName), encode(0x0c, Buffer.from(text)))));

const loopbackNames = sequence(
  encode(0x82, Buffer.from("localhost")),
  encode(0x87, bytes(127, 0, 0, 1)),
  encode(0x87, bytes(...Array<number>(15).fill(0), 1)),
);

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;

const toPem = (der: Buffer): string => {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
};

/** A certificate for `localhost`, 127.0.0.1 and ::1, good from an hour ago for a year. */
export function createLoopbackCertificate(nowMs: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = name("evenkeel-embedded");
  // Positive, and of a first byte that is not zero: a number has one encoding.
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const signed = sequence(
    context(0, encode(0x02, bytes(2))),
    encode(0x02, serial),
    ecdsaWithSha256,
    subject,
    sequence(time(nowMs - hourMs), time(nowMs + yearMs)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    context(
      3,
      sequence(
        extension(basicConstraints, sequence(encode(0x01, bytes(0xff)))),
        extension(extendedKeyUsage, sequence(identifier(serverAuth))),
        extension(subjectAltName, loopbackNames),
      ),
    ),
  );
  const signature = encode(0x03, bytes(0), sign("sha256", signed, privateKey));
  return {
    cert: toPem(sequence(signed, ecdsaWithSha256, signature)),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
