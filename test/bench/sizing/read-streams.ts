import { Agent, request } from "undici";

/**
 * Readers of a pool's `watch`, as a process of its own: `read-streams.ts URL COUNT`. Asked by a message, it answers how many
 * documents all of them together have had; it goes on until it is killed.
 */
const [url = "", count = "0"] = process.argv.slice(2);
const dispatcher = new Agent({ connections: Number(count), bodyTimeout: 0, headersTimeout: 0 });
let documents = 0;

async function read(): Promise<void> {
  const { statusCode, body } = await request(url, { dispatcher });
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${await body.text()}`);
  // Documents are one line each, and an event's name comes first in it.
  let end = Buffer.alloc(0);
  const mark = Buffer.from("event: pool\n");
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const seen = Buffer.concat([end, chunk]);
    for (let at = seen.indexOf(mark); at >= 0; at = seen.indexOf(mark, at + 1)) documents += 1;
    end = seen.subarray(Math.max(0, seen.length - mark.length + 1));
  }
  throw new Error(`${url} ended`);
}

process.on("message", () => process.send?.(documents));
await Promise.all(Array.from({ length: Number(count) }, read));
