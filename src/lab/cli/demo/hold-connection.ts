import { request } from "node:http";
import { Patience } from "./patience.ts";

export interface Hold {
  readonly address: string;
  readonly port: number;
  readonly holdMs: number;
}

/** A pod that does not even answer within this time has failed: a busy laptop may take some seconds. */
const answerWithinMs = 5_000;

/** How a connection ended that was not cut: after its time, or because the pod asked to go elsewhere. */
export type HoldEnd = "over" | "released";

/**
 * Opens a connection of its own to a pod and holds it for the time, or until the pod ends it in good order. Calls
 * `onOpen` when the pod has taken it. Rejects when the pod refuses or the connection is cut before its time; resolves
 * when the signal ends it.
 */
export function holdConnection(
  { address, port, holdMs }: Hold,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<HoldEnd> {
  return new Promise((resolve, reject) => {
    const message = request({ host: address, port, path: "/hold", agent: false });
    const patience = new Patience(answerWithinMs, signal);
    const stop = (): void => finish(signal.aborted ? undefined : patience.signal.reason);
    let timer: NodeJS.Timeout | undefined;
    let end: HoldEnd = "over";
    let ended = false;
    function finish(error?: Error): void {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      patience[Symbol.dispose]();
      patience.signal.removeEventListener("abort", stop);
      message.destroy();
      if (error) reject(error);
      else resolve(end);
    }
    patience.signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    message.on("error", finish);
    message.on("response", (response) => {
      if (response.statusCode !== 200) return finish(new Error(`the pod answered ${response.statusCode}`));
      patience[Symbol.dispose]();
      timer = setTimeout(finish, holdMs);
      response.resume();
      response.on("error", finish);
      response.on("end", () => {
        end = "released";
        finish();
      });
      response.on("close", () => finish(new Error("the connection ended before its time")));
      onOpen();
    });
    message.end();
  });
}
