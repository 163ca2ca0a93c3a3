import { request } from "undici";

/** How long the operator's event loop took to come round, in milliseconds, of which it means to wait 10. */
export interface LoopDelay {
  readonly p99: number;
  readonly max: number;
}

async function read(url: string): Promise<LoopDelay> {
  const { body } = await request(`${url}/metrics`);
  const text = await body.text();
  const ms = (name: string): number => {
    const value = new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, "m").exec(text)?.[1];
    if (value === undefined) throw new Error(`${url}/metrics has no lag of the event loop`);
    return Number(value) * 1_000;
  };
  return { p99: ms("p99"), max: ms("max") };
}

/** Begins to measure; the result ends it. By the operator's own metrics, which begin anew whenever they are read. */
export async function startLoopDelay(url: string): Promise<() => Promise<LoopDelay>> {
  await read(url);
  return () => read(url);
}
