import { randomInt } from "node:crypto";
import { once } from "node:events";
import { access, constants, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, resolve } from "node:path";
import { UsageError } from "../../../cli/flags/flag.ts";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

/** Whether a server may listen there: undefined if so, else the error's code. */
async function tryListening(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return codeOf(error);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Below what systems give, unless told otherwise, to connections and to listeners that name no port. */
const freeRange = [10_000, 30_000] as const;

/** A port that is free now, and that a connection hardly gets before it is listened on. */
export async function findFreePort(host: string): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(...freeRange);
    const problem = await tryListening(host, port);
    if (problem === undefined) return port;
    if (problem !== "EADDRINUSE" || tries === 100) throw new Error(`no port of ${host} can be had (${problem})`);
  }
}

/** Whether a server could not have that port; undefined for any other trouble. */
function whyNoPort(error: unknown, port: number): string | undefined {
  const { code, syscall, port: failed } = error as NodeJS.ErrnoException & { readonly port?: number };
  if (syscall !== "listen" || failed !== port) return undefined;
  return code === "EADDRINUSE" ? "is taken" : `cannot be had (${code})`;
}

/**
 * Starts a server on the port asked for, else on the usual one, else on any. Throws if the one asked for cannot be had.
 * It is the server itself that tries: whoever looks first may find the port free that another demo takes next.
 */
export async function startOnPort<T>(
  asked: number | undefined,
  usual: number,
  flag: string,
  start: (port: number) => Promise<T>,
): Promise<T> {
  const port = asked ?? usual;
  try {
    return await start(port);
  } catch (error) {
    const why = port === 0 ? undefined : whyNoPort(error, port);
    if (why === undefined) throw error;
    if (asked === undefined) return start(0);
    throw new UsageError(`port ${port} ${why}: choose another with ${flag}, or ${flag} 0 for any`);
  }
}

/** A port that pods can have: the usual one if nothing listens on all addresses there. Throws where pods can have no addresses. */
export async function choosePodPort(firstAddress: string, usual: number): Promise<number> {
  const problem = await tryListening(firstAddress, usual);
  if (problem === undefined) return usual;
  if (problem === "EADDRNOTAVAIL") throw new UsageError(explainAddress(firstAddress));
  return findFreePort("0.0.0.0");
}

const explainAddress = (first: string): string => {
  const network = first.slice(0, first.lastIndexOf("."));
  return (
    `pods need loopback addresses of their own, and this system has no ${first}: on macOS add some with ` +
    `\`for i in $(seq 1 32); do sudo ifconfig lo0 alias ${network}.$i; done\`, or run the demo on Linux or in a container`
  );
};

const reasons: Record<string, string> = {
  ENOENT: "there is no such directory",
  ENOTDIR: "there is no such directory",
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
};

/** Throws if the file cannot be written: better now than when everything has been done. */
export async function checkWritable(file: string): Promise<void> {
  try {
    const known = await stat(file).catch(() => undefined);
    if (known?.isDirectory()) throw new Error("it is a directory");
    await access(known ? file : `${dirname(resolve(file))}/`, constants.W_OK);
  } catch (error) {
    const code = codeOf(error);
    throw new UsageError(`--json ${file} cannot be written: ${reasons[code] ?? code}`);
  }
}
