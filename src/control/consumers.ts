import type { Consumer, Running } from "../serve/consumer.ts";
import type { Feed } from "../serve/feed.ts";
import { createFollowers, type Followers } from "../serve/followers.ts";
import type { Log } from "../telemetry/log.ts";

export interface ConsumersOptions {
  readonly feed: Feed;
  /** Absent: nobody asks who follows. */
  readonly followers?: Followers;
  readonly log: Log;
  /** A consumer that takes longer to start or to stop is waited for no more. */
  readonly patienceMs?: number;
}

/** Consumers at work. */
export interface Consumers {
  /** Where those that listen are to be found, by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Stops all at once; never rejects. */
  stop(): Promise<void>;
}

/** Servers give requests in flight five seconds. */
const usualPatienceMs = 10_000;

async function within<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Starts consumers one after the other. Without a vital one none stays: what had started is stopped, and its error
 * thrown. What befalls any other is logged and is nobody else's trouble.
 */
export async function startConsumers(
  consumers: readonly Consumer[],
  { feed, followers = createFollowers(), log, patienceMs = usualPatienceMs }: ConsumersOptions,
): Promise<Consumers> {
  const started: { readonly name: string; readonly running: Running }[] = [];

  async function startOne(consumer: Consumer): Promise<Running> {
    const starting = consumer.start(feed, followers);
    if (consumer.vital) return starting;
    try {
      return await within(starting, patienceMs);
    } catch (error) {
      // Nobody would stop it later.
      starting.then((running) => running.stop()).catch(() => {});
      throw error;
    }
  }

  async function stop(): Promise<void> {
    const stopping = started.map(async ({ name, running }) => {
      try {
        await within(running.stop(), patienceMs);
      } catch (error) {
        log.error({ consumer: name, error }, "a consumer did not stop");
      }
    });
    await Promise.all(stopping);
  }

  for (const consumer of consumers) {
    const { name, vital } = consumer;
    try {
      started.push({ name, running: await startOne(consumer) });
    } catch (error) {
      if (vital) {
        await stop();
        throw error;
      }
      log.error({ consumer: name, error }, "a consumer did not start; the others go on without it");
    }
  }
  const urls = started.flatMap(({ name, running: { url } }) => (url === undefined ? [] : [[name, url] as const]));
  return { urls: Object.fromEntries(urls), stop };
}
