import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { defined } from "../../api/defined.ts";

/** What a server shows of itself, and by whom its clients and the other replicas are known. All is PEM. */
export interface ServerIdentity {
  /** The server's own, then those that lead to an authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of clients' certificates. Absent: clients are asked for none. */
  readonly clientCa?: string;
  /** Authorities of the other replicas' certificates. */
  readonly ca?: string;
}

/** An identity that is renewed while it is in use. */
export interface Tls {
  /** As it is now; the same object until it changes. */
  current(): ServerIdentity;
  /** Calls `listener` after each change. Returns the way to end that. */
  subscribe(listener: (identity: ServerIdentity) => void): () => void;
  /** Looks for changes no more. */
  close(): void;
}

/** Where the parts lie. */
export type TlsPaths = Readonly<Record<"cert" | "key", string>> & {
  readonly clientCa?: string | undefined;
  /** May be missing or empty: not every issuer tells its own certificate. */
  readonly ca?: string | undefined;
};

export interface TlsHooks {
  /** Told of an identity as it comes into use; not of the first. */
  readonly onChange?: (identity: ServerIdentity) => void;
  /** Told when the files hold nothing usable, once for each content; what was in use stays. */
  readonly onError?: (error: unknown) => void;
  /** Between two looks. */
  readonly everyMs?: number;
}

/** The kubelet itself brings a changed Secret into a pod only after a minute or so. */
const usualEveryMs = 10_000;

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text. Throws when it has none, or when one is cut off: OpenSSL would leave that out in silence. */
export function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(block) ?? [];
  if (blocks.length === 0) throw new Error("holds no certificate");
  if (blocks.length !== pem.split("-----BEGIN").length - 1) throw new Error("holds a certificate that is cut off");
  return blocks.map((text) => new X509Certificate(text));
}

const explained = <T>(what: string, work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    throw new Error(`${what}: ${(cause as Error).message}`, { cause });
  }
};

/** One after the other, so that of several troubles it is always the same that is told. */
async function read(paths: TlsPaths): Promise<ServerIdentity> {
  const cert = await readFile(paths.cert, "utf8");
  const key = await readFile(paths.key, "utf8");
  const clientCa = paths.clientCa === undefined ? undefined : await readFile(paths.clientCa, "utf8");
  const ca = paths.ca === undefined ? undefined : await readFile(paths.ca, "utf8").catch(nothingIfMissing);
  return {
    cert,
    key,
    ...defined({ clientCa }),
    ...(ca !== undefined && ca.trim() !== "" && { ca }),
  };
}

function nothingIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Throws unless a server can be run with it. */
function check({ cert, key, clientCa, ca }: ServerIdentity, paths: TlsPaths): void {
  explained(paths.cert, () => certificatesOf(cert));
  if (clientCa !== undefined) explained(paths.clientCa!, () => certificatesOf(clientCa));
  if (ca !== undefined) explained(paths.ca!, () => certificatesOf(ca));
  // Whether the key is that of the certificate, too: the two files of a Secret may be read from before and after a change.
  explained(`${paths.cert} with ${paths.key}`, () => createSecureContext({ cert, key }));
}

function isUsable(identity: ServerIdentity, paths: TlsPaths): boolean {
  try {
    check(identity, paths);
    return true;
  } catch {
    return false;
  }
}

const textOf = ({ cert, key, clientCa, ca }: ServerIdentity): string => JSON.stringify([cert, key, clientCa, ca]);

/** What the files hold; what is of no use is read again until it stays so, as files of before and after a change fit no other. */
async function readWhole(paths: TlsPaths): Promise<ServerIdentity> {
  let found = await read(paths);
  for (let left = 5; left > 0 && !isUsable(found, paths); left -= 1) {
    const again = await read(paths);
    if (textOf(again) === textOf(found)) break;
    found = again;
  }
  return found;
}

/**
 * Reads certificate, key and authorities from files, and again every few seconds: a look at what they hold sees every way
 * in which a file changes, that of a mounted Secret (a symbolic link that turns) among them. Rejects when they are of no
 * use at the start; later the last ones that were stand.
 */
export async function readTls(paths: TlsPaths, hooks: TlsHooks = {}): Promise<Tls> {
  const { onChange, onError, everyMs = usualEveryMs } = hooks;
  const listeners = new Set<(identity: ServerIdentity) => void>();
  let current = await readWhole(paths);
  check(current, paths);
  let lastTrouble: string | undefined;
  let isLooking = false;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    let seen: string | undefined;
    try {
      const next = await readWhole(paths);
      seen = textOf(next);
      if (seen !== textOf(current)) {
        check(next, paths);
        current = next;
        onChange?.(current);
        for (const listener of [...listeners]) listener(current);
      }
      lastTrouble = undefined;
    } catch (error) {
      // By content: TLS does not word the same trouble the same way each time.
      const trouble = seen ?? (error as Error).message;
      if (trouble !== lastTrouble) onError?.(error);
      lastTrouble = trouble;
    } finally {
      isLooking = false;
    }
  }

  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    current: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => clearInterval(timer),
  };
}
