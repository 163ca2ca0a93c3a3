import { ApiError } from "./api-error.ts";
import type { Call, Target, Transport } from "./transport.ts";
import type { KubeObject } from "./types.ts";

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
  readonly pageSize?: number;
  readonly deadlineMs?: number;
  readonly retry?: boolean;
  readonly lane?: Call["lane"];
  readonly signal?: AbortSignal | undefined;
}

interface ListAnswer {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
}

/**
 * Reads a whole collection page by page, in its most recent state. Each page is handed over as it comes; `restart` says
 * that everything before it is void, because the server no longer knew how to continue.
 * Brings the version from which a watch may go on.
 */
export async function listPages(
  transport: Transport,
  target: Target,
  options: PageOptions,
  onPage: (items: readonly KubeObject[], restart: boolean) => void,
): Promise<string> {
  const { pageSize = 500, labelSelector, fieldSelector, deadlineMs, retry, lane, signal } = options;
  let resourceVersion: string | undefined;
  let token: string | undefined;
  let restarts = 0;
  for (;;) {
    let page: ListAnswer;
    try {
      page = await transport.request<ListAnswer>({
        verb: "list",
        target,
        query: { labelSelector, fieldSelector, limit: pageSize, continue: token },
        accept: acceptOf(options, "list"),
        signal,
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(retry !== undefined && { retry }),
        ...(lane && { lane }),
      });
    } catch (error) {
      const lostPlace = error instanceof ApiError && error.status === 410 && token !== undefined;
      if (!lostPlace || restarts++ > 0) throw error;
      token = undefined;
      resourceVersion = undefined;
      continue;
    }
    // The first page's version: should a server read later pages later, their changes come again through the watch.
    const first = resourceVersion === undefined;
    resourceVersion ??= page.metadata?.resourceVersion ?? "";
    onPage(page.items ?? [], first);
    token = page.metadata?.continue || undefined;
    if (token === undefined) return resourceVersion;
  }
}
