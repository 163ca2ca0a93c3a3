import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";

/** The bearer tokens that allow to report. */
export interface Tokens {
  /** Whether a header `Authorization` carries one of them. */
  accept(authorization: string | undefined): Promise<boolean>;
  /** The header that other replicas will accept. */
  authorization(): Promise<string>;
}

/** How long a token that was taken out of the file is still good, and a new one not yet. */
const freshMs = 5_000;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

async function readLines(file: string): Promise<string[]> {
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.trim());
  const tokens = lines.filter((line) => line !== "");
  if (tokens.length === 0) throw new Error(`${file} holds no token`);
  const broken = tokens.some((token) => !/^[\x21-\x7e]+$/.test(token));
  if (broken) throw new Error(`${file} holds a token that no header can carry`);
  return tokens;
}

/**
 * Reads the tokens from a file, one a line, and again when it may have changed: so a new one can be added, clients
 * moved over, and the old one dropped. Rejects when there is none at the start; later the last ones read stand.
 */
export async function readTokens(file: string, now: () => number = Date.now): Promise<Tokens> {
  let tokens = await readLines(file);
  let readAt = now();

  async function current(): Promise<readonly string[]> {
    if (Math.abs(now() - readAt) < freshMs) return tokens;
    readAt = now();
    tokens = await readLines(file).catch(() => tokens);
    return tokens;
  }

  return {
    async accept(authorization) {
      const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
      if (given === undefined) return false;
      const known = digest(given);
      return (await current()).some((token) => timingSafeEqual(digest(token), known));
    },
    authorization: async () => `Bearer ${(await current())[0]!}`,
  };
}
