import { isIP } from "node:net";
import { keyOf } from "../../key.ts";
import { type Authorizer, openAccess } from "../access/access.ts";
import { credentialsOf, refuseBy } from "../access/guard.ts";
import type { ReportDocument } from "../documents.ts";
import type { Feed, FeedEntry } from "../feed.ts";
import { type Answer, answerJson, answerProblem } from "../http/answer.ts";
import type { RouteRequest } from "../http/routes.ts";
import { forwardedHeader, type Message, replicaHeader, reporterHeader } from "../peers/message.ts";
import { readClient } from "../pools/client-id.ts";
import { refuseClient, refuseUnknown } from "../pools/pools.ts";
import { readReport, writeReport } from "./report-body.ts";
import type { ReportPace } from "./report-pace.ts";
import type { Tokens } from "./tokens.ts";

/** What a client says of its own connections to a pool. */
interface Report {
  /** `namespace/name`. */
  readonly pool: string;
  /** Who says it, apart from all others. */
  readonly client: string;
  /** The address that it comes from. */
  readonly source: string;
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
  /** Who has one of them may report on every pool. Absent, and access too: everybody may. */
  readonly tokens?: Pick<Tokens, "accept"> | undefined;
  /** Who may report without one of the tokens. Absent: nobody where there are tokens, else everybody. */
  readonly access?: Authorizer | undefined;
  /** Absent: as often as they like. */
  readonly pace?: ReportPace | undefined;
  /** Whether a replica is at this address: asked of who says to be one and has no token. Absent: whoever says so is. */
  readonly isReplica?: ((address: string) => Promise<boolean>) | undefined;
  /** Tells the other replicas, at once and whatever becomes of it. */
  readonly forward?: ((message: Message) => void) | undefined;
}

/** What of a body costs as much as a report itself: reading 64 KiB takes milliseconds. */
const bytesPerReport = 8_192;
/** Pods that are named in an answer. */
const mostUnknown = 20;

const knownNames = new WeakMap<FeedEntry, ReadonlySet<string>>();

/** Names and addresses of the pool's pods, those among them that take no traffic. */
function namesOf(entry: FeedEntry): ReadonlySet<string> {
  const known = knownNames.get(entry);
  if (known) return known;
  const { members, endpoints, excluded } = entry.plan;
  const pods = [...entry.observation.pods, ...members].flatMap(({ pod }) => [pod.name, ...pod.addresses]);
  const published = endpoints.flatMap(({ pod, address }) => [pod, address]);
  const names = new Set([...pods, ...published, ...excluded.map(({ pod }) => pod)]);
  knownNames.set(entry, names);
  return names;
}

/** Takes a client's connections to a pool, or takes them back. A report replaces what its client said before. */
export async function answerReport(feed: Feed, request: RouteRequest, reporting: Reporting): Promise<Answer> {
  const found = await findReporter(feed, request, reporting);
  const answer = "status" in found ? found : await take(request, found, reporting);
  return { ...answer, headers: { ...answer.headers, [replicaHeader]: reporting.replica } };
}

/** Who may report, and on what. */
interface Reporter {
  readonly entry: FeedEntry;
  readonly expiryMs: number;
  /** By the name that it gave itself. */
  readonly client: string;
  /** The address that the report came from, before any other replica. */
  readonly source: string;
  readonly isForwarded: boolean;
}

/** Whether it takes leave to report. */
const needsLeave = ({ tokens, access = openAccess }: Reporting): boolean => tokens !== undefined || !access.isOpen;

/** The answer to who may not report; undefined for who may. */
async function refuse(request: RouteRequest, { tokens, access = openAccess }: Reporting): Promise<Answer | undefined> {
  const { path, header } = request;
  if (await tokens?.accept(header("authorization"))) return undefined;
  if (!access.isOpen) return refuseBy(await access.may(credentialsOf(request), "update", keyOf(request)), path);
  if (!tokens) return undefined;
  const detail = "Reports need a bearer token: send the header Authorization with one that this operator knows.";
  return answerProblem(401, "TokenRefused", detail, path, { "www-authenticate": "Bearer" });
}

/** The reporter, or why there is none; an answer of success where nothing is left to do. */
async function findReporter(feed: Feed, request: RouteRequest, reporting: Reporting): Promise<Reporter | Answer> {
  const { replica, isReplica } = reporting;
  const { path, address, header } = request;
  // The replica that had the report from a client, and the address that it had it from.
  const [forwardedBy, reporter = ""] = [header(forwardedHeader), header(reporterHeader)];
  // Any site may have the browser of somebody inside send what it likes, but not with a token.
  if (header("origin") !== undefined && !needsLeave(reporting)) {
    const detail = "Web pages report only where a token is needed: leave the header Origin out.";
    return answerProblem(403, "PageRefused", detail, path);
  }
  const refusal = await refuse(request, reporting);
  if (refusal) return refusal;
  const client = readClient(request.query);
  if (client.kind === "invalid") return refuseClient(client, path);
  if (client.kind === "absent") {
    const detail = "Parameter client is missing: say who reports, as in …/connections?client=NAME.";
    return answerProblem(400, "ParameterInvalid", detail, path);
  }
  const entry = feed.get(keyOf(request));
  if (!entry) return refuseUnknown(feed, { ...request, isGuarded: needsLeave(reporting) });
  const source = entry.observation.pool.spec.metrics?.source;
  if (source?.type !== "push") {
    const detail = `Pool ${entry.key} takes no reports: its metrics.source is not push.`;
    return answerProblem(409, "SourceNotPush", detail, path);
  }
  // Our own word, come back to us.
  if (forwardedBy === replica) return nothing;
  const isForwarded = forwardedBy !== undefined;
  if (isForwarded && !needsLeave(reporting) && isReplica && !(await isReplica(address))) {
    const detail = `Replicas alone pass reports on, and ${address} is none of them: leave the header ${forwardedHeader} out.`;
    return answerProblem(403, "NotAReplica", detail, path);
  }
  const from = isForwarded && isIP(reporter) !== 0 ? reporter : address;
  return { entry, expiryMs: source.spec.expiry, client: client.id, source: from, isForwarded };
}

async function take(
  request: RouteRequest,
  { entry, expiryMs, client, source, isForwarded }: Reporter,
  reporting: Reporting,
): Promise<Answer> {
  const { taker, pace, forward } = reporting;
  const { path, method, bodyBytes } = request;
  const cost = 1 + Math.floor(bodyBytes / bytesPerReport);
  const waitMs = pace?.take(`${entry.key} ${client} ${source}`, isForwarded, { pool: entry.key, source }, cost) ?? 0;
  if (waitMs > 0) {
    const detail = "Reports come too often: wait as long as Retry-After says, then send the newest.";
    const wait = String(Math.ceil(waitMs / 1_000));
    return answerProblem(429, "ReportedTooOften", detail, path, { "retry-after": wait });
  }
  // Without tokens anybody can give himself anybody's name, though not his address.
  const reporter = needsLeave(reporting) ? client : `${client} ${source}`;
  const pass = (message: Pick<Message, "method" | "body">): void => {
    if (!isForwarded) forward?.({ ...message, path, client, from: source });
  };
  const withdraw = (): Answer => {
    taker.withdraw(entry.key, reporter);
    pass({ method: "DELETE" });
    return nothing;
  };
  if (method === "DELETE") return withdraw();
  const body = await request.readBody();
  if (body.kind === "tooLarge")
    return answerProblem(413, "BodyTooLarge", `The body must not exceed ${body.limit} bytes.`, path);
  if (body.kind === "cut") return answerProblem(400, "BodyInvalid", "The body ended early.", path);
  const report = readReport(body.text);
  if (report.kind === "invalid") return answerProblem(400, "BodyInvalid", report.detail, path);
  const { connections } = report;
  if (connections.size === 0) return withdraw();
  const names = namesOf(entry);
  const known = new Map([...connections].filter(([pod]) => names.has(pod)));
  if (!taker.take({ pool: entry.key, client: reporter, source, connections: known, expiryMs })) {
    const detail = `There is no room for another report on pool ${entry.key}; those of clients that are known stand.`;
    return answerProblem(503, "TooManyReports", detail, path, { "retry-after": "10" });
  }
  // With what is unknown here: another replica may have seen that pod already.
  pass({ method: "PUT", body: writeReport(connections) });
  const { namespace, name } = entry.observation.pool;
  const unknown = [...connections.keys()].filter((pod) => !names.has(pod)).slice(0, mostUnknown);
  return answerJson({ namespace, name, client, expiryMs, unknown } satisfies ReportDocument);
}

const nothing: Answer = { status: 204, headers: {}, body: "" };
