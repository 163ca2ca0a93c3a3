import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { Daemon } from "../../tools/control-plane/daemon.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";

export interface EnvoyOptions {
  /** Its configuration, as an object or as YAML. Listeners may ask for port 0; the rig sees to `admin`. */
  readonly bootstrap: object | string;
  /** Threads that carry traffic. Each balances on its own. */
  readonly concurrency?: number;
  /** Whether to wait until it serves; without, only until its admin page answers: what it waits for may never come. */
  readonly waitsUntilLive?: boolean;
  readonly logLevel?: string;
}

/** A host of a cluster, as Envoy has it. */
export interface EnvoyHost {
  /** `address:port` */
  readonly address: string;
  readonly weight: number;
  /** As the control plane told it: `HEALTHY`, `DRAINING`, … */
  readonly health: string;
  readonly locality: { readonly region?: string; readonly zone?: string; readonly sub_zone?: string };
}

interface SocketAddress {
  readonly socket_address: { readonly address: string; readonly port_value: number };
}

interface HostStatus {
  readonly address: SocketAddress;
  readonly weight?: number;
  readonly health_status?: { readonly eds_health_status?: string };
  readonly locality?: EnvoyHost["locality"];
}

/** An Envoy of a test's own. */
export class EnvoyServer {
  readonly #daemon: Daemon;
  readonly #folder: string;
  #admin = "";

  private constructor(daemon: Daemon, folder: string) {
    this.#daemon = daemon;
    this.#folder = folder;
  }

  static async start(program: string, options: EnvoyOptions): Promise<EnvoyServer> {
    const { bootstrap, concurrency = 1, waitsUntilLive = true, logLevel = "warning" } = options;
    const folder = await mkdtemp(join(tmpdir(), "envoy-"));
    const given = (typeof bootstrap === "string" ? parse(bootstrap) : bootstrap) as object;
    const admin = { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } };
    const config = join(folder, "envoy.json");
    await writeFile(config, JSON.stringify({ ...given, admin }));
    const alone = ["--disable-hot-restart", "--admin-address-path", join(folder, "admin")];
    const args = ["-c", config, ...alone, "--concurrency", String(concurrency), "--log-level", logLevel];
    const envoy = new EnvoyServer(new Daemon({ path: program, args, logPath: join(folder, "log") }), folder);
    envoy.#daemon.start();
    try {
      await envoy.#untilAdmin();
      if (waitsUntilLive) await envoy.untilLive();
    } catch (error) {
      await envoy.stop();
      throw error;
    }
    return envoy;
  }

  get pid(): number | undefined {
    return this.#daemon.pid;
  }

  /** Resolves when it serves. */
  async untilLive(): Promise<void> {
    await this.#until(async () => (await fetch(`${this.#admin}/ready`)).ok, "Envoy to be live");
  }

  /** Where a listener is to be found; by default the only one. */
  async url(listener?: string): Promise<string> {
    const { listener_statuses: all = [] } = (await this.admin("/listeners?format=json")) as {
      listener_statuses?: { name: string; local_address: SocketAddress }[];
    };
    const found = listener === undefined ? all[0] : all.find(({ name }) => name === listener);
    if (!found) throw new Error(`no listener ${listener ?? ""} among ${all.map(({ name }) => name).join(", ")}`);
    const { address, port_value } = found.local_address.socket_address;
    return `http://${address}:${port_value}`;
  }

  /** Counters and gauges whose names match. */
  async stats(filter: string): Promise<Readonly<Record<string, number>>> {
    const { stats } = (await this.admin(`/stats?format=json&filter=${encodeURIComponent(filter)}`)) as {
      stats: { name?: string; value?: number }[];
    };
    return Object.fromEntries(
      stats.flatMap(({ name, value }) => (name === undefined ? [] : [[name, value ?? 0] as const])),
    );
  }

  /** The hosts of a cluster; none where it is not known. */
  async hosts(cluster: string): Promise<readonly EnvoyHost[]> {
    const { cluster_statuses: all = [] } = (await this.admin("/clusters?format=json")) as {
      cluster_statuses?: { name: string; host_statuses?: HostStatus[] }[];
    };
    const hosts = all.find(({ name }) => name === cluster)?.host_statuses ?? [];
    return hosts.map(({ address: { socket_address: at }, weight = 0, health_status, locality = {} }) => ({
      address: `${at.address}:${at.port_value}`,
      weight,
      health: health_status?.eds_health_status ?? "UNKNOWN",
      locality,
    }));
  }

  /** What an admin page answers, as JSON. */
  async admin(path: string, method: "GET" | "POST" = "GET"): Promise<unknown> {
    const answer = await fetch(`${this.#admin}${path}`, { method });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Envoy's ${path} answered ${answer.status}: ${text}`);
    return text.startsWith("{") ? JSON.parse(text) : text;
  }

  /** The last lines of its log. */
  log(lines?: number): Promise<string> {
    return this.#daemon.tail(lines);
  }

  /** Ends it at once and leaves nothing. */
  async stop(): Promise<void> {
    await this.#daemon.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #untilAdmin(): Promise<void> {
    const look = async () => (await readFile(join(this.#folder, "admin"), "utf8").catch(() => "")).trim();
    this.#admin = `http://${await this.#until(look, "Envoy to tell where its admin page is")}`;
  }

  /** Does not wait for one that has ended. */
  async #until<T>(look: () => Promise<T>, what: string): Promise<T> {
    const found = await waitFor(async () => {
      if (!this.#daemon.isRunning) return "ended";
      const value = await look();
      return value && { value };
    }, what);
    if (found === "ended") throw new Error(`Envoy has ended:\n${await this.log()}`);
    return (found as { value: T }).value;
  }
}
