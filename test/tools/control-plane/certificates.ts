import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = async (args: string[]) => {
  try {
    await promisify(execFile)("openssl", args);
  } catch (cause) {
    throw new Error(`openssl ${args[0]} failed`, { cause });
  }
};

const ellipticKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A name as openssl takes it; a group becomes an organisation. */
const subject = (name: string, groups: readonly string[]) =>
  [...groups.map((group) => `/O=${escaped(group)}`), `/CN=${escaped(name)}`].join("");
const escaped = (text: string) => text.replace(/[\\/+]/g, "\\$&");

/** Writes `ca.crt` and `ca.key` into `folder`. */
export async function createAuthority(folder: string): Promise<void> {
  const files = ["-keyout", join(folder, "ca.key"), "-out", join(folder, "ca.crt")];
  const extensions = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  await openssl(["req", "-x509", ...ellipticKey, ...files, "-days", "365", "-subj", "/CN=test-ca", ...extensions]);
}

export interface CertificateRequest {
  readonly folder: string;
  /** File name without its ending. */
  readonly file: string;
  readonly name: string;
  readonly groups?: readonly string[];
  /** Such as `IP:127.0.0.1,DNS:localhost`; a server's certificate has some, a client's none. */
  readonly hosts?: string;
  /** How long it is good; with 0 it has run out a second after. A year if absent. */
  readonly days?: number;
}

/** Writes FILE.crt and FILE.key, signed by the folder's authority, and returns both as PEM. */
export async function createCertificate(request: CertificateRequest): Promise<{ cert: string; key: string }> {
  const { folder, file, name, groups = [], hosts, days = 365 } = request;
  const path = (ending: string) => join(folder, `${file}.${ending}`);
  const usage = hosts ? `extendedKeyUsage=serverAuth\nsubjectAltName=${hosts}\n` : "extendedKeyUsage=clientAuth\n";
  const asked = ["-keyout", path("key"), "-out", path("csr"), "-subj", subject(name, groups)];
  await Promise.all([
    openssl(["req", "-new", ...ellipticKey, ...asked]),
    writeFile(path("ext"), `basicConstraints=CA:FALSE\n${usage}`),
  ]);
  const authority = ["-CA", join(folder, "ca.crt"), "-CAkey", join(folder, "ca.key"), "-set_serial", serial()];
  const files = ["-in", path("csr"), "-out", path("crt"), "-extfile", path("ext")];
  await openssl(["x509", "-req", ...files, ...authority, "-days", String(days)]);
  const [cert, key] = await Promise.all([readFile(path("crt"), "utf8"), readFile(path("key"), "utf8")]);
  return { cert, key };
}

const serial = () => `0x${crypto.randomUUID().replaceAll("-", "")}`;
