import { type Answer, answerJson, answerProblem } from "./answer.ts";
import { readClient } from "./client-id.ts";
import type { ReportDocument } from "./documents.ts";
import type { Feed, FeedEntry } from "./feed.ts";
import { type Message, replicaHeader } from "./peers/message.ts";
import { type PoolRequest, refuseClient, refuseUnknown } from "./pools.ts";
import type { Body } from "./read-body.ts";
import { readReport, writeReport } from "./report-body.ts";
import type { ReportPace } from "./report-pace.ts";
import type { Tokens } from "./tokens.ts";

/** What a client says of its own connections to a pool. */
interface Report {
  /** `namespace/name`. */
  readonly pool: string;
  readonly client: string;
  /** Open connections by pod name or address. */
  readonly connections: ReadonlyMap<string, number>;
  readonly expiryMs: number;
}

/** Where reports go. */
export interface ReportTaker {
  /** False when there is no room for it. */
  take(report: Report): boolean;
  withdraw(pool: string, client: string): void;
}

export interface Reporting {
  readonly taker: ReportTaker;
  /** Who this replica is, among its peers. */
  readonly replica: string;
  /** Absent: everybody may report. */
  readonly tokens?: Tokens | undefined;
  /** Absent: as often as they like. */
  readonly pace?: ReportPace | undefined;
  /** Tells the other replicas, at once and whatever becomes of it. */
  readonly forward?: ((message: Message) => void) | undefined;
}

export interface ReportRequest extends PoolRequest {
  readonly method: string;
  /** The header Authorization. */
  readonly authorization: string | undefined;
  /** The replica that had the report from a client. */
  readonly forwardedBy: string | undefined;
  readonly readBody: () => Promise<Body>;
}

/** Pods that are named in an answer. */
const mostUnknown = 20;

const knownNames = new WeakMap<FeedEntry, ReadonlySet<string>>();

/** Names and addresses of the pool's pods, as far as the plan tells. */
function namesOf(entry: FeedEntry): ReadonlySet<string> {
  const { members, excluded } = entry.plan;
  const names =
    knownNames.get(entry) ??
    new Set([...members.flatMap(({ pod }) => [pod.name, ...pod.addresses]), ...excluded.map(({ pod }) => pod)]);
  knownNames.set(entry, names);
  return names;
}

/** Takes a client's connections to a pool, or takes them back. A report replaces what its client said before. */
export async function answerReport(feed: Feed, request: ReportRequest, reporting: Reporting): Promise<Answer> {
  const answer = await take(feed, request, reporting);
  return { ...answer, headers: { ...answer.headers, [replicaHeader]: reporting.replica } };
}

async function take(
  feed: Feed,
  request: ReportRequest,
  { taker, replica, tokens, pace, forward }: Reporting,
): Promise<Answer> {
  const { path, namespace, name, forwardedBy } = request;
  if (tokens && !(await tokens.accept(request.authorization))) {
    const detail = "Reports need a bearer token: send the header Authorization with one that this operator knows.";
    return answerProblem(401, "TokenRefused", detail, path, { "www-authenticate": "Bearer" });
  }
  const client = readClient(request.query);
  if (client.kind === "invalid") return refuseClient(client, path);
  if (client.kind === "absent") {
    const detail = "Parameter client is missing: say who reports, as in …/connections?client=NAME.";
    return answerProblem(400, "ParameterInvalid", detail, path);
  }
  const entry = feed.get(`${namespace}/${name}`);
  if (!entry) return refuseUnknown(feed, request);
  const push = entry.pool.spec.metrics?.source?.push;
  if (!push) {
    const detail = `Pool ${entry.key} takes no reports: its metrics.source is not push.`;
    return answerProblem(409, "SourceNotPush", detail, path);
  }
  // Our own word, come back to us.
  if (forwardedBy === replica) return nothing;
  const waitMs = pace?.take(`${entry.key} ${client.id}`, forwardedBy !== undefined) ?? 0;
  if (waitMs > 0) {
    const detail = "Reports come too often: wait as long as Retry-After says, then send the newest.";
    const wait = String(Math.ceil(waitMs / 1_000));
    return answerProblem(429, "ReportedTooOften", detail, path, { "retry-after": wait });
  }

  const withdraw = (): Answer => {
    taker.withdraw(entry.key, client.id);
    if (forwardedBy === undefined) forward?.({ method: "DELETE", path, client: client.id });
    return nothing;
  };
  if (request.method === "DELETE") return withdraw();
  const body = await request.readBody();
  if (body.kind === "tooLarge")
    return answerProblem(413, "BodyTooLarge", `The body must not exceed ${body.limit} bytes.`, path);
  if (body.kind === "cut") return answerProblem(400, "BodyInvalid", "The body ended early.", path);
  const report = readReport(body.text);
  if (report.kind === "invalid") return answerProblem(400, "BodyInvalid", report.detail, path);
  const { connections } = report;
  if (connections.size === 0) return withdraw();
  if (!taker.take({ pool: entry.key, client: client.id, connections, expiryMs: push.expiry })) {
    const detail = `There is no room for another report on pool ${entry.key}; those of clients that are known stand.`;
    return answerProblem(503, "TooManyReports", detail, path, { "retry-after": "10" });
  }
  if (forwardedBy === undefined) forward?.({ method: "PUT", path, client: client.id, body: writeReport(connections) });
  return answerJson(describeReport(entry, client.id, connections, push.expiry));
}

const nothing: Answer = { status: 204, headers: {}, body: "" };

function describeReport(
  entry: FeedEntry,
  client: string,
  connections: ReadonlyMap<string, number>,
  expiryMs: number,
): ReportDocument {
  const names = namesOf(entry);
  return {
    namespace: entry.pool.namespace,
    name: entry.pool.name,
    client,
    expiryMs,
    unknown: [...connections.keys()].filter((name) => !names.has(name)).slice(0, mostUnknown),
  };
}
