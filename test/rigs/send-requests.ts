import { Agent, request } from "undici";

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Requests under way at once. */
  readonly parallel?: number;
}

export interface Answers {
  /** Answers with status 200, by their text: a pod answers with its name. */
  readonly byText: ReadonlyMap<string, number>;
  /** Those that were not answered with status 200, by status, or by error. */
  readonly failures: ReadonlyMap<string, number>;
}

/** Sends `count` GETs, some at a time, over connections that stay open. */
export async function sendRequests(url: string, count: number, options: SendOptions = {}): Promise<Answers> {
  const { headers = {}, parallel = 8 } = options;
  const agent = new Agent({ connections: parallel });
  const byText = new Map<string, number>();
  const failures = new Map<string, number>();
  const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  let left = count;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      try {
        const { statusCode, body } = await request(url, { dispatcher: agent, headers });
        const text = (await body.text()).trim();
        if (statusCode === 200) add(byText, text);
        else add(failures, String(statusCode));
      } catch (error) {
        add(failures, String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  await agent.close();
  return { byText, failures };
}
