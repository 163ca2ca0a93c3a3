import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon } from "../../tools/control-plane/daemon.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { haproxy } from "../../tools/haproxy.ts";

/** A server of a backend, as the stats socket tells it. */
export interface HaproxyServerState {
  readonly name: string;
  /** `UP`, `DOWN (agent)`, `DRAIN (agent)`, `MAINT` … */
  readonly status: string;
  readonly weight: number;
  /** Sessions that it was given since HAProxy began. */
  readonly sessions: number;
}

/** A real HAProxy of a test's own. */
export class HaproxyServer {
  readonly socketPath: string;
  /** What `ADMIN` is in the configuration. */
  readonly ownSocketPath: string;
  readonly #daemon: Daemon;
  readonly #folder: string;

  private constructor(folder: string, daemon: Daemon) {
    this.#folder = folder;
    this.#daemon = daemon;
    this.socketPath = join(folder, "admin");
    this.ownSocketPath = join(folder, "own");
  }

  /** `config` may use these variables, and `ADMIN`, a path for a socket of its own; the rig's is beside it. */
  static async start(config: string, variables: Readonly<Record<string, string>> = {}): Promise<HaproxyServer> {
    const folder = await mkdtemp(join(tmpdir(), "haproxy-"));
    const given = { ...variables, ADMIN: join(folder, "own") };
    const settings = Object.entries(given).map(([name, value]) => `    setenv ${name} "${value}"\n`);
    const file = join(folder, "haproxy.cfg");
    await writeFile(
      file,
      `global\n    stats socket ${join(folder, "admin")} mode 600 level admin\n${settings.join("")}\n${config}`,
    );
    const daemon = new Daemon({ path: haproxy!, args: ["-db", "-f", file], logPath: join(folder, "log") });
    const server = new HaproxyServer(folder, daemon);
    daemon.start();
    try {
      const hasAnswered = async () => (await server.command("show info").catch(() => "")) !== "";
      await waitFor(async () => !daemon.isRunning || (await hasAnswered()), "HAProxy's socket");
      if (!daemon.isRunning) throw new Error("HAProxy has ended");
    } catch (error) {
      const told = await daemon.tail();
      await server.stop();
      throw new Error(`${(error as Error).message}:\n${told}`);
    }
    return server;
  }

  /** What the runtime API answers to a line. */
  async command(line: string): Promise<string> {
    const socket = connect(this.socketPath);
    await once(socket, "connect");
    let text = "";
    socket.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    socket.write(`${line}\n`);
    await once(socket, "close");
    return text.trim();
  }

  async servers(backend: string): Promise<HaproxyServerState[]> {
    const [head = "", ...rows] = (await this.command("show stat")).split("\n");
    const columns = head.replace(/^# /, "").split(",");
    const cell = (row: string, name: string): string => row.split(",")[columns.indexOf(name)] ?? "";
    return rows
      .filter((row) => cell(row, "pxname") === backend && !/^(BACK|FRONT)END$/.test(cell(row, "svname")))
      .map((row) => ({
        name: cell(row, "svname"),
        status: cell(row, "status"),
        weight: Number(cell(row, "weight")),
        sessions: Number(cell(row, "stot")),
      }));
  }

  /** Waits until the servers of a backend are as wanted, each as `NAME STATUS WEIGHT`. */
  async untilServers(backend: string, wanted: readonly string[]): Promise<void> {
    let seen: readonly string[] = [];
    const look = async () => {
      seen = (await this.servers(backend)).map(({ name, status, weight }) => `${name} ${status} ${weight}`);
      return JSON.stringify(seen) === JSON.stringify(wanted);
    };
    await waitFor(look, `${backend} to have ${wanted.join(", ")}`, { intervalMs: 50 }).catch((error: Error) => {
      throw new Error(`${error.message}; it has ${seen.join(", ")}`);
    });
  }

  log(lines?: number): Promise<string> {
    return this.#daemon.tail(lines);
  }

  /** Ends it at once and leaves nothing. */
  async stop(): Promise<void> {
    await this.#daemon.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
