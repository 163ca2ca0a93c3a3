import { type Dispatcher, fetch } from "undici";

/** JSON of an API answer. Tests look into it freely: what they expect of it is what they test. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Answer = any;

export interface RequestOptions {
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string>>;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Answer;
}

/** An API server as the suite reaches it, with the suite's CRD installed and served. */
export interface ApiConnection {
  readonly request: (
    method: string,
    path: string,
    options?: RequestOptions,
  ) => Promise<{ readonly status: number; readonly body: Answer }>;
  readonly watch: (
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => AsyncIterable<WatchEvent>;
  /** A namespace that exists and in which nobody else works. */
  readonly namespace: string;
  readonly close?: () => Promise<void>;
}

/** A connection over HTTP. The dispatcher carries TLS settings, the headers credentials. */
export function connectHttp(
  url: string,
  namespace: string,
  { dispatcher, headers = {} }: { dispatcher?: Dispatcher; headers?: Readonly<Record<string, string>> } = {},
): ApiConnection {
  const send = (method: string, path: string, options: RequestOptions & { readonly signal?: AbortSignal } = {}) => {
    const { body, contentType = "application/json", accept = "application/json", query = {}, signal } = options;
    return fetch(`${url}${path}?${new URLSearchParams(query)}`, {
      method,
      headers: {
        "user-agent": "api-suite",
        ...headers,
        accept,
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
      ...(dispatcher ? { dispatcher } : {}),
    });
  };
  return {
    namespace,
    request: async (method, path, options) => {
      const response = await send(method, path, options);
      return { status: response.status, body: parse(await response.text()) };
    },
    watch: (path, query, signal) => readEvents(send("GET", path, { query: { watch: "true", ...query }, signal })),
  };
}

/** JSON where it is JSON: some paths say that they answer with text, and answer with JSON. */
function parse(text: string): Answer {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function* readEvents(responded: ReturnType<typeof fetch>): AsyncGenerator<WatchEvent> {
  const response = await responded;
  if (response.status !== 200 || !response.body)
    throw new Error(`watch: HTTP ${response.status} ${await response.text()}`);
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as WatchEvent;
  }
}
