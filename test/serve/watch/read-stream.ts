import { onTestFinished } from "vitest";

/** Follows a stream of events: its blocks as they come, in text, each without the empty line that ends it. */
export async function readStream(url: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  const blocks: string[] = [];
  let over = false;
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body!) {
      rest += decoder.decode(chunk, { stream: true });
      const whole = rest.split("\n\n");
      rest = whole.pop()!;
      blocks.push(...whole);
    }
  })()
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  const leave = async (): Promise<void> => {
    leaving.abort();
    await reading;
  };
  onTestFinished(leave);
  return {
    response,
    blocks,
    /** Only those that are events, comments left out. */
    events: () => blocks.filter((block) => !block.startsWith(":")),
    over: () => over,
    leave,
  };
}
