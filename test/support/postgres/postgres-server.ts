import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { tether } from "../control-plane/tether.ts";
import type { Postgres } from "./find-postgres.ts";

const run = promisify(execFile);

const readyWords = "ready to accept connections";

/** A small server: nothing of it outlives the test, so nothing has to reach the disk. */
const settings = [
  "unix_socket_directories=",
  "fsync=off",
  "shared_buffers=16MB",
  "max_connections=20",
  "autovacuum=off",
  "max_wal_senders=0",
  "wal_level=minimal",
].flatMap((setting) => ["-c", setting]);

/** A real PostgreSQL server on an address of its own, with the role `postgres`, whom it trusts. */
export class PostgresServer {
  readonly #postgres: Postgres;
  readonly #folder: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  private constructor(postgres: Postgres, folder: string, address: string, port: number) {
    this.#postgres = postgres;
    this.#folder = folder;
    this.#args = ["-D", join(folder, "data"), "-h", address, "-p", String(port), ...settings];
  }

  /** Makes a new database. It does not run yet. */
  static async create(postgres: Postgres, address: string, port: number): Promise<PostgresServer> {
    const { bin, user } = postgres;
    const folder = await mkdtemp(join(tmpdir(), "postgres-"));
    if (user) await chown(folder, user.uid, user.gid);
    const flags = ["--auth=trust", "--username=postgres", "--locale=C", "--encoding=UTF8", "--no-sync"];
    await run(join(bin, "initdb"), ["-D", join(folder, "data"), ...flags], { cwd: folder, ...user });
    return new PostgresServer(postgres, folder, address, port);
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
        if (said.includes(readyWords)) resolve();
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
