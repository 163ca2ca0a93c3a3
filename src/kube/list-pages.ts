import { defined } from "../api/defined.ts";
import { ApiError, malformed } from "./api-error.ts";
import { PageSize, usualPageSize } from "./page-size.ts";
import { readObject } from "./read-object.ts";
import type { Call, RequestTarget, Transport } from "./transport.ts";
import type { KubeObject } from "./types.ts";
import { fieldOf, textOf } from "./untyped.ts";

/** Which objects of a collection are read, and how much of each. */
export interface Selection {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Nothing but the metadata of each. */
  readonly metadataOnly?: boolean | undefined;
}

const partial = (as: string): string => `application/json;as=${as};g=meta.k8s.io;v=v1`;

/** What the answers are to be like. */
export const acceptOf = ({ metadataOnly }: Selection, how: "list" | "watch"): string | undefined =>
  metadataOnly ? partial(how === "list" ? "PartialObjectMetadataList" : "PartialObjectMetadata") : undefined;

export interface PageOptions extends Selection {
  /** Of who reads the same collection again: what was learned of its size is not learned anew. */
  readonly pageSize?: PageSize;
  /** The server has no pages: all comes at once, whatever is asked for. */
  readonly unpaged?: boolean;
  readonly deadlineMs?: number;
  readonly retry?: boolean;
  readonly lane?: Call["lane"];
  readonly signal?: AbortSignal | undefined;
}

/** One page of a list. */
interface Page {
  readonly items: readonly KubeObject[];
  /** Items that are no objects, and so of nobody. */
  readonly odd: number;
  readonly resourceVersion: string;
  readonly token: string | undefined;
}

/** Throws for what is no list, or has no object among its items: taken for an empty one, it would mean that everything is gone. */
function readPage(answer: unknown, { resource }: RequestTarget): Page {
  const items = fieldOf(answer, "items");
  if (items !== null && !Array.isArray(items)) throw malformed(`list ${resource}: the answer is no list`);
  const given: readonly unknown[] = items ?? [];
  const objects = given.flatMap((item) => readObject(item) ?? []);
  if (given.length > 0 && objects.length === 0) throw malformed(`list ${resource}: none of the items is an object`);
  const metadata = fieldOf(answer, "metadata");
  return {
    items: objects,
    odd: given.length - objects.length,
    resourceVersion: textOf(fieldOf(metadata, "resourceVersion")) ?? "",
    token: textOf(fieldOf(metadata, "continue")),
  };
}

/** An answer that is the same in a second attempt; etcd and proxies say it in words. */
const isTooLarge = ({ status, reason, message }: ApiError): boolean =>
  reason === "TooLarge" || status === 413 || (status >= 500 && /\b(too large|larger than)\b/i.test(message));

/** An answer that did not come, or broke off, while the server did what others asked for: it is no outage. */
const isTooSlow = ({ status, reason }: ApiError, transport: Transport, waitedMs: number): boolean =>
  (status === 504 || reason === "DeadlineExceeded" || reason === "Unreadable") && transport.successAgeMs() < waitedMs;

/**
 * Reads a whole collection page by page, in its most recent state. Each page is handed over as it comes; `restart` says
 * that everything before it is void, because the server no longer knew how to continue; `odd` counts the items that are no
 * objects and were left out. A page that is too large is asked for in halves, down to single objects; after one that was
 * too slow, the next reading begins with half as much.
 * Brings the version from which a watch may go on.
 */
export async function listPages(
  transport: Transport,
  target: RequestTarget,
  options: PageOptions,
  onPage: (items: readonly KubeObject[], restart: boolean, odd: number) => void,
): Promise<string> {
  const { labelSelector, fieldSelector, deadlineMs, retry, lane, signal } = options;
  const pageSize = options.pageSize ?? new PageSize(usualPageSize);
  let resourceVersion: string | undefined;
  let token: string | undefined;
  let restarts = 0;
  for (;;) {
    let page: Page;
    const askedAt = performance.now();
    try {
      const answer = await transport.request<unknown>({
        verb: "list",
        target,
        query: { labelSelector, fieldSelector, limit: options.unpaged ? undefined : pageSize.limit, continue: token },
        accept: acceptOf(options, "list"),
        signal,
        ...defined({ deadlineMs, retry, lane }),
      });
      page = readPage(answer, target);
    } catch (error) {
      if (!(error instanceof ApiError) || options.unpaged) throw error;
      if (isTooLarge(error)) {
        if (pageSize.halve(error)) continue;
        const message = `${target.resource}: one object alone is too large: ${error.message}`;
        throw new ApiError({ status: error.status, reason: "TooLarge", message, cause: error });
      }
      if (isTooSlow(error, transport, performance.now() - askedAt)) pageSize.halve(error);
      const lostPlace = error.status === 410 && token !== undefined;
      if (!lostPlace || restarts++ > 0) throw error;
      token = undefined;
      resourceVersion = undefined;
      continue;
    }
    // The first page's version: should a server read later pages later, their changes come again through the watch.
    const first = resourceVersion === undefined;
    resourceVersion ??= page.resourceVersion;
    onPage(page.items, first, page.odd);
    if (token !== undefined && page.token === token)
      throw malformed(`list ${target.resource}: a page leads to itself, so that the list has no end`);
    token = page.token;
    if (token === undefined) {
      pageSize.complete();
      return resourceVersion;
    }
  }
}
