import { Agent, request } from "undici";

/**
 * The least that reading pods takes: a request to each of them once per interval over a connection that stays, spread
 * over the interval, and the answer thrown away. As a process of its own: `fetch-pods.ts INTERVAL_MS URL...` on standard
 * input, one URL a line; it goes on until it is killed.
 */
async function fetchPods(urls: readonly string[], intervalMs: number): Promise<void> {
  const dispatcher = new Agent({ connections: 1, pipelining: 1, allowH2: false });
  const fetchOnce = async (url: string): Promise<void> => {
    const { body } = await request(url, { dispatcher });
    await body.text();
  };
  for (const [index, url] of urls.entries()) {
    const begin = (): void => void setInterval(() => void fetchOnce(url).catch(() => {}), intervalMs);
    setTimeout(begin, (index / urls.length) * intervalMs);
  }
}

let text = "";
for await (const part of process.stdin.setEncoding("utf8")) text += part;
await fetchPods(text.split("\n").filter(Boolean), Number(process.argv[2]));
