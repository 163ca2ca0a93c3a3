import { parentPort } from "node:worker_threads";
import { Pool } from "undici";
import { Random } from "../../../src/lab/sim/random.ts";

/** Requests that arrive by chance, whether or not those before are answered. */
export interface Load {
  /** Of the Envoys; each request goes to one of them by lot. */
  readonly urls: readonly string[];
  readonly path: string;
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly seed: number;
}

export interface Heard {
  /** From when they were to be sent; of those that arrived in the time that is measured. */
  readonly latenciesMs: readonly number[];
  readonly failed: number;
  /** How much later than they were to be sent the requests went out, of 99 in 100. */
  readonly lateMs: number;
}

/** Answers to requests that came late in the time measured are waited for so long. */
const patienceMs = 60_000;

async function generate({ urls, path, perSecond, warmUpMs, measureMs, seed }: Load): Promise<Heard> {
  const random = new Random(seed, 0);
  const pools = urls.map((url) => new Pool(url, { headersTimeout: 0, bodyTimeout: 0 }));
  const latenciesMs: number[] = [];
  const lates: number[] = [];
  const underWay = new Set<Promise<void>>();
  let failed = 0;
  const startedAt = performance.now();

  const send = async (pool: Pool, at: number, isMeasured: boolean): Promise<void> => {
    lates.push(performance.now() - at);
    try {
      const { statusCode, body } = await pool.request({ path, method: "GET" });
      await body.dump();
      if (statusCode !== 200) failed += 1;
      else if (isMeasured) latenciesMs.push(performance.now() - at);
    } catch {
      failed += 1;
    }
  };

  let at = startedAt;
  const until = startedAt + warmUpMs + measureMs;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      for (const now = performance.now(); at <= now && at < until; ) {
        const sending = send(pools[random.below(pools.length)]!, at, at >= startedAt + warmUpMs);
        underWay.add(sending);
        void sending.finally(() => underWay.delete(sending));
        at += (random.exponential() * 1_000) / perSecond;
      }
      if (at >= until) resolve();
      else setTimeout(go, Math.max(1, at - performance.now()));
    };
    go();
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([Promise.all(underWay), late]);
  clearTimeout(timer);
  // What is not answered yet takes longer than all that is.
  latenciesMs.push(...Array.from(underWay, () => measureMs + patienceMs));
  const unanswered = underWay.size;
  await Promise.all(pools.map((pool) => pool.destroy()));
  await Promise.all(underWay);
  lates.sort((a, b) => a - b);
  return { latenciesMs, failed: failed - unanswered, lateMs: lates[Math.floor(0.99 * lates.length)] ?? 0 };
}

parentPort!.on("message", async (load: Load) => parentPort!.postMessage(await generate(load)));
