import { expect } from "vitest";
import type { Answer, ApiConnection, RequestOptions, WatchEvent } from "./connection.ts";

export const mergePatch = "application/merge-patch+json";
export const jsonPatch = "application/json-patch+json";
export const strategicPatch = "application/strategic-merge-patch+json";
export const applyPatch = "application/apply-patch+yaml";
export const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io";

let serial = 0;

/** A name that no other test uses. */
export const unique = (prefix: string): string => `${prefix}-${process.pid}-${++serial}`;

export interface Parts {
  readonly metadata?: object;
  readonly status?: object;
}

export const widget = (name: string | undefined, spec: object, { metadata, ...rest }: Parts = {}) => ({
  apiVersion: "suite.evenkeel.io/v1",
  kind: "Widget",
  metadata: { name, ...metadata },
  spec,
  ...rest,
});

export const deployment = (name: string, spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "app", image: "demo:1", ports: [{ containerPort: 80 }] }] },
    },
    ...spec,
  },
});

export const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "app", image: "demo:1" }], ...spec },
});

/** Paths of the suite's kinds within the connection's namespace, and requests that state what they expect. */
export class Session {
  readonly api: ApiConnection;
  readonly widgets: string;
  readonly deployments: string;
  readonly core: string;

  constructor(api: ApiConnection) {
    this.api = api;
    this.widgets = `/apis/suite.evenkeel.io/v1/namespaces/${api.namespace}/widgets`;
    this.deployments = `/apis/apps/v1/namespaces/${api.namespace}/deployments`;
    this.core = `/api/v1/namespaces/${api.namespace}`;
  }

  inNamespace(groupVersion: string, plural: string): string {
    return `/apis/${groupVersion}/namespaces/${this.api.namespace}/${plural}`;
  }

  /** The body of an answer that is expected to have this code. */
  async expect(code: number, method: string, path: string, options?: RequestOptions): Promise<Answer> {
    const { status, body } = await this.api.request(method, path, options);
    expect({ status, body: status === code ? {} : body }).toEqual({ status: code, body: {} });
    return body;
  }

  get(path: string, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.expect(200, "GET", path, { query });
  }

  create(path: string, body: object, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.expect(201, "POST", path, { body, query });
  }

  createWidget(spec: object, parts: Parts = {}, name = unique("w")): Promise<Answer> {
    return this.create(this.widgets, widget(name, spec, parts));
  }

  patch(path: string, body: object, contentType: string, code = 200): Promise<Answer> {
    return this.expect(code, "PATCH", path, { body, contentType });
  }

  /** Applies; 201 when the object is new. */
  apply(path: string, body: object | string, fieldManager: string, code = 200, force = false): Promise<Answer> {
    const query = { fieldManager, ...(force ? { force: "true" } : {}) };
    return this.expect(code, "PATCH", path, { body, query, contentType: applyPatch });
  }

  /** The names that a list gives. */
  async names(path: string, query: Readonly<Record<string, string>>): Promise<string[]> {
    const { items } = await this.get(path, query);
    return items.map((item: Answer) => item.metadata.name);
  }

  /** Watches until there are `count` events, or the server ends the watch; fails after thirty seconds. */
  async watch(path: string, query: Readonly<Record<string, string>>, count: number): Promise<WatchEvent[]> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new Error(`no ${count} events in 30 s`)), 30_000);
    const events: WatchEvent[] = [];
    try {
      for await (const event of this.api.watch(path, query, stop.signal)) {
        events.push(event);
        if (events.length === count) break;
      }
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    return events;
  }
}

/** A watch event in one line: what happened to which object. */
export const brief = ({ type, object }: WatchEvent): string => `${type} ${object.metadata.name}`;
