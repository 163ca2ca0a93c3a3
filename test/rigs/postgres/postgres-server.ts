import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { tether } from "../../tools/control-plane/tether.ts";
import type { Postgres } from "./find-postgres.ts";

const run = promisify(execFile);

/** A standby is ready to read from. */
const readyWords = /ready to accept (read-only )?connections/;

/** A small server: nothing of it outlives the test, so nothing has to reach the disk. */
const settings = [
  "unix_socket_directories=",
  "fsync=off",
  "shared_buffers=16MB",
  "max_connections=20",
  "autovacuum=off",
];
const alone = ["max_wal_senders=0", "wal_level=minimal"];
const replicating = ["max_wal_senders=4", "wal_level=replica", "hot_standby=on"];

/** A real PostgreSQL server on an address of its own, with the role `postgres`, whom it trusts. */
export class PostgresServer {
  readonly #postgres: Postgres;
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly #address: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  private constructor(
    postgres: Postgres,
    folder: string,
    { address, port }: { readonly address: string; readonly port: number },
    more: readonly string[],
  ) {
    this.#postgres = postgres;
    this.#folder = folder;
    this.#address = address;
    this.#port = port;
    const flags = [...settings, ...more].flatMap((setting) => ["-c", setting]);
    this.#args = ["-D", join(folder, "data"), "-h", address, "-p", String(port), ...flags];
  }

  /** Makes a new database. It does not run yet. */
  static async create(
    postgres: Postgres,
    address: string,
    port: number,
    { replicates = false } = {},
  ): Promise<PostgresServer> {
    const { bin, user } = postgres;
    const folder = await makeFolder(postgres);
    const flags = ["--auth=trust", "--username=postgres", "--locale=C", "--encoding=UTF8", "--no-sync"];
    await run(join(bin, "initdb"), ["-D", join(folder, "data"), ...flags], { cwd: folder, ...user });
    return new PostgresServer(postgres, folder, { address, port }, replicates ? replicating : alone);
  }

  /** Makes a standby that streams from this server, which replicates and runs. It does not run yet. */
  async createStandby(address: string, port: number): Promise<PostgresServer> {
    const { bin, user } = this.#postgres;
    const folder = await makeFolder(this.#postgres);
    const from = ["--host", this.#address, "--port", String(this.#port), "--username", "postgres"];
    const flags = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"];
    const args = ["--pgdata", join(folder, "data"), ...from, ...flags];
    await run(join(bin, "pg_basebackup"), args, { cwd: folder, ...user });
    return new PostgresServer(this.#postgres, folder, { address, port }, replicating);
  }

  /** Makes a primary of a standby; the one before knows nothing of it. */
  async promote(): Promise<void> {
    const { bin, user } = this.#postgres;
    await run(join(bin, "pg_ctl"), ["promote", "-D", join(this.#folder, "data"), "--wait"], {
      cwd: this.#folder,
      ...user,
    });
  }

  /** Resolves when the server takes connections. */
  async start(): Promise<void> {
    const { bin, user } = this.#postgres;
    const [program = "", ...words] = [...tether("KILL"), join(bin, "postgres"), ...this.#args];
    const child = spawn(program, words, { cwd: this.#folder, stdio: ["ignore", "ignore", "pipe"], ...user });
    this.#child = child;
    this.#exited = once(child, "exit");
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (readyWords.test(said)) resolve();
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`the database server has ended: ${said}`)));
    });
  }

  /** At once, without a word to those that are connected. */
  async stopImmediately(): Promise<void> {
    if (this.#child?.exitCode === null) this.#child.kill("SIGQUIT");
    await this.#exited;
  }

  /** Ends it and leaves nothing. */
  async remove(): Promise<void> {
    await this.stopImmediately();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function makeFolder({ user }: Postgres): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "postgres-"));
  if (user) await chown(folder, user.uid, user.gid);
  return folder;
}
