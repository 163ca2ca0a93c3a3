import type { Auth } from "../../src/api/auth.ts";
import { readCredential, type SecretData } from "../../src/observe/credentials/read-credential.ts";
import type { Credential } from "../../src/pods/greeting.ts";

/** What a Secret holds, as bytes. */
export const secretData = (contents: Readonly<Record<string, string | Buffer>>): SecretData =>
  new Map(Object.entries(contents).map(([key, value]) => [key, Buffer.from(value as string)]));

/** The credential in a Secret with these contents. Throws where there is none. */
export function credentialOf(
  type: Auth["type"],
  contents: Readonly<Record<string, string | Buffer>>,
  { insecure = false } = {},
): Credential {
  const read = readCredential({ type, insecure }, secretData(contents));
  if (read.kind === "fault") throw new Error(`${read.key}: ${read.fault}`);
  return read.credential;
}
