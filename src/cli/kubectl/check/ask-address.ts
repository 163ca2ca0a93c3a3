import { Agent, request } from "undici";
import { ApiError } from "../../../kube/api-error.ts";
import { readBounded } from "../../../kube/body.ts";
import type { PodAnswered } from "../../../kube/pod-proxy.ts";
import { UsageError } from "../../flags/flag.ts";
import { accept } from "../init/explore.ts";

const timeoutMs = 10_000;

export const isAddress = (word: string): boolean => /^https?:\/\//.test(word);

/** Asks an address as the operator would ask a pod: no redirect is followed, and no certificate verified. */
export async function askAddress(word: string, maxBytes: number, signal: AbortSignal): Promise<PodAnswered> {
  const url = URL.parse(word);
  if (!url) throw new UsageError(`${word} is no address: write http://HOST:PORT/PATH`);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      headers: { accept },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const bytes = await readBounded(body, maxBytes);
    if (statusCode !== 200) return { kind: "status", status: statusCode };
    return { kind: "answered", body: bytes, contentType: [headers["content-type"] ?? ""].flat().join() };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError) return { kind: "unanswered", why: "TooLarge" };
    if ((error as Error).name === "TimeoutError") return { kind: "unanswered", why: "TimedOut" };
    const isNoHttp = (error as NodeJS.ErrnoException).code?.startsWith("HPE_") === true;
    return { kind: "unanswered", why: isNoHttp ? "NoHttp" : "NotReached" };
  } finally {
    await dispatcher.destroy();
  }
}
