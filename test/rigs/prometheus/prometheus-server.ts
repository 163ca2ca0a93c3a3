import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { isAlive } from "../../tools/control-plane/daemon.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { tether } from "../../tools/control-plane/tether.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { prometheus } from "../../tools/prometheus.ts";

/** What is scraped: one page, with the labels that its series get. */
export interface ScrapeTarget {
  /** HOST:PORT. */
  readonly address: string;
  readonly path?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A real Prometheus on loopback, which scrapes what it is told to. */
export class PrometheusServer {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #scrapeMs: number;

  private constructor(url: string, folder: string, child: ChildProcess, scrapeMs: number) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
    this.#scrapeMs = scrapeMs;
  }

  static async start(targets: readonly ScrapeTarget[], { scrapeMs = 500 } = {}): Promise<PrometheusServer> {
    const folder = await mkdtemp(join(tmpdir(), "evenkeel-prometheus-"));
    const [port] = await findFreePorts(1);
    const address = `127.0.0.1:${port}`;
    const config = {
      global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` },
      scrape_configs: [{ job_name: "pods", file_sd_configs: [{ files: [join(folder, "targets*.json")] }] }],
    };
    await writeFile(join(folder, "prometheus.yml"), stringify(config));
    const [command, ...args] = [
      ...[...tether("KILL"), prometheus!, "--log.level=error", `--web.listen-address=${address}`],
      ...[`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "data")}`],
    ];
    const child = spawn(command!, args, { stdio: ["ignore", "ignore", "inherit"] });
    const server = new PrometheusServer(`http://${address}`, folder, child, scrapeMs);
    await server.retarget(targets);
    const isReady = async () => !isAlive(child) || (await fetch(`${server.url}/-/ready`)).ok;
    try {
      await waitFor(isReady, "Prometheus to be ready");
      if (!isAlive(child)) throw new Error("Prometheus has ended");
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Scrapes these from now on; a file that is renamed into place is seen at once. */
  async retarget(targets: readonly ScrapeTarget[]): Promise<void> {
    const groups = targets.map(({ address, path = "/metrics", labels }) => ({
      targets: [address],
      labels: { __metrics_path__: path, ...labels },
    }));
    const file = join(this.#folder, "targets.json");
    await writeFile(`${file}.new`, JSON.stringify(groups));
    await rename(`${file}.new`, file);
  }

  /** What an instant query brings, as it came. */
  async query(query: string): Promise<{ readonly status: string; readonly data?: { readonly result: unknown[] } }> {
    const answer = await fetch(`${this.url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query }) });
    return (await answer.json()) as Awaited<ReturnType<PrometheusServer["query"]>>;
  }

  /** Waits until a query has so many series. */
  async until(query: string, series: number): Promise<void> {
    await waitFor(
      async () => (await this.query(query)).data?.result.length === series,
      `${series} series of ${query}`,
      { intervalMs: this.#scrapeMs / 2 },
    );
  }

  async stop(): Promise<void> {
    if (isAlive(this.#child)) {
      const exited = once(this.#child, "exit");
      this.#child.kill();
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
