import { keyOf } from "../../key.ts";
import { type Authorizer, allPools, poolsOf } from "../access/access.ts";
import { credentialsOf, refuseBy } from "../access/guard.ts";
import type { PoolListDocument } from "../documents.ts";
import type { Feed, FeedEntry } from "../feed.ts";
import { type Answer, answerJson, answerProblem } from "../http/answer.ts";
import type { RouteRequest } from "../http/routes.ts";
import { type ClientId, readClient } from "./client-id.ts";
import { ageOf, describeNext, summarizePool, type TellingTime } from "./describe-pool.ts";
import type { PoolTexts } from "./pool-texts.ts";

const mostNext = 100;
const mostNames = 5;
const lineEnd = Buffer.from("\n");

/** All pools, or those in the namespaces whose pools one may all read. A list that may lack some is none. */
export async function answerPools(feed: Feed, access: Authorizer, request: RouteRequest): Promise<Answer> {
  const { path } = request;
  if (!feed.isComplete) {
    const detail = "This replica has just started and does not know all pools yet: ask again, or ask another replica.";
    return answerProblem(503, "JustStarted", detail, path, { "retry-after": "1" });
  }
  const credentials = credentialsOf(request);
  const all = await access.may(credentials, "get", allPools);
  const { replica } = feed;
  const list = (entries: readonly FeedEntry[]): Answer =>
    answerJson({ pools: entries.map(summarizePool), replica } satisfies PoolListDocument);
  if (all.kind === "allowed") return list(feed.list());
  if (all.kind !== "refused") return refuseBy(all, path)!;
  const entries = feed.list();
  const namespaces = new Set(entries.map(({ observation }) => observation.pool.namespace));
  const readable = new Set<string>();
  for (const namespace of namespaces) {
    const verdict = await access.may(credentials, "get", poolsOf(namespace));
    if (verdict.kind === "allowed") readable.add(namespace);
    else if (verdict.kind !== "refused") return refuseBy(verdict, path)!;
  }
  if (readable.size === 0) return refuseBy(all, path)!;
  return list(entries.filter(({ observation }) => readable.has(observation.pool.namespace)));
}

/** A problem that names the pools which might have been meant, to who may know of all. That a pool is not there is said only when that is known. */
export function refuseUnknown(feed: Feed, { path, namespace, name, isGuarded = false }: RouteRequest): Answer {
  if (!feed.isComplete) {
    const detail = `This replica has just started and does not know all pools yet, nor ${namespace}/${name}: ask again, or ask another replica.`;
    return answerProblem(503, "JustStarted", detail, path, { "retry-after": "1" });
  }
  if (isGuarded) {
    const detail = `No pool ${namespace}/${name}. GET /v1/pools lists those that you may read.`;
    return answerProblem(404, "PoolUnknown", detail, path);
  }
  const keys = feed.list().map(({ key }) => key);
  const near = keys.filter((key) => key.startsWith(`${namespace}/`) || key.endsWith(`/${name}`));
  const named = (near.length > 0 ? near : keys).slice(0, mostNames).join(", ");
  const detail =
    keys.length === 0
      ? "This replica knows no pool yet."
      : `No pool ${namespace}/${name}. Of ${keys.length} known: ${named}. GET /v1/pools lists all.`;
  return answerProblem(404, "PoolUnknown", detail, path);
}

/** Weak comparison, as RFC 9110, 13.1.2 asks for If-None-Match. */
export const matchesTag = (knownTags: string | undefined, tag: string): boolean =>
  knownTags?.split(",").some((known) => known.trim() === "*" || known.trim().replace(/^W\//, "") === tag) ?? false;

const formats: readonly string[] = ["json", "yaml"];
const readFormat = ([format = formats[0]!, ...more]: readonly string[]): string | undefined =>
  more.length === 0 && formats.includes(format) ? format : undefined;

/** Refuses an id that is none. */
export const refuseClient = ({ detail }: ClientId & { kind: "invalid" }, path: string): Answer =>
  answerProblem(400, "ParameterInvalid", detail, path);

/**
 * The whole pool, with the list of the client that is named, if any. Its tag is weak: it stands for the plan, while
 * the ages in the body move on by themselves.
 */
export async function answerPool(
  feed: Feed,
  request: RouteRequest,
  texts: PoolTexts,
  time: TellingTime,
): Promise<Answer> {
  const format = readFormat(request.query.getAll("format"));
  if (format === undefined) {
    const detail = `Parameter format must be given once, as one of ${formats.join(", ")}.`;
    return answerProblem(400, "ParameterInvalid", detail, request.path);
  }
  const client = readClient(request.query);
  if (client.kind === "invalid") return refuseClient(client, request.path);
  const entry = feed.get(keyOf(request));
  if (!entry) return refuseUnknown(feed, request);
  // Of the same plan, and not the same answer.
  const tag = format === "yaml" ? `"${entry.version}-yaml"` : `"${entry.version}"`;
  const vary = format === "yaml" && { vary: "accept" };
  const headers = { etag: `W/${tag}`, age: ageOf(entry, time), ...vary };
  if (matchesTag(request.header("if-none-match"), tag)) return { status: 304, headers, body: "" };
  if (format === "yaml") {
    // Browsers show text, and would save YAML as a file.
    const type = request.header("accept")?.includes("text/html") ? "text/plain" : "application/yaml";
    const contentType = { "content-type": `${type}; charset=utf-8` };
    return { status: 200, headers: { ...contentType, ...headers }, body: await texts.yaml(entry) };
  }
  const list = client.kind === "id" ? feed.listFor(entry.key, client.id) : undefined;
  const contentType = { "content-type": "application/json" };
  return { status: 200, headers: { ...contentType, ...headers }, body: [...texts.document(entry, list), lineEnd] };
}

const readCount = (given: readonly string[]): number | undefined => {
  const [text = "1", ...more] = given;
  const count = /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : Number.NaN;
  return more.length === 0 && count <= mostNext ? count : undefined;
};

const whyEmpty = ({ key, plan, status }: FeedEntry): string => {
  const ready =
    status.conditions?.find(({ type }) => type === "Ready") ?? plan.verdicts.find(({ type }) => type === "Ready");
  return ready && ready.status !== "True"
    ? `Pool ${key} has no endpoint: ${ready.reason}: ${ready.message}`
    : `Pool ${key} has no endpoint; ${plan.excluded.length} of its pods are excluded.`;
};

const whyNoWriter = ({ key, plan }: FeedEntry): string => {
  const verdict = plan.verdicts.find(({ type }) => type === "WritersReady");
  return `Pool ${key} has no writer: ${verdict?.reason}: ${verdict?.message}`;
};

/** The whole write list: a part of it would be a write that some replicas miss. */
function answerWriters(feed: Feed, request: RouteRequest, time: TellingTime): Answer {
  const { path, query } = request;
  const refuse = (detail: string) => answerProblem(400, "ParameterInvalid", detail, path);
  if (query.has("n")) return refuse("Parameter n does not go with access=write, which gives the whole write list.");
  const entry = feed.get(keyOf(request));
  if (!entry) return refuseUnknown(feed, request);
  const { writers } = entry.plan;
  if (!writers) return refuse(`Pool ${entry.key} has no write list: set spec.access.writers.`);
  if (writers.length > 0) return answerJson(describeNext(entry, writers), { age: ageOf(entry, time) });
  return answerProblem(503, "NoEndpoint", whyNoWriter(entry), path, { "retry-after": "1" });
}

/** Whom to ask next; with `access=write`, whom to write to. */
export function answerNext(feed: Feed, request: RouteRequest, time: TellingTime): Answer {
  const access = request.query.getAll("access");
  if (access.length > 1 || (access[0] ?? "read") !== "read") {
    if (access.length === 1 && access[0] === "write") return answerWriters(feed, request, time);
    const detail = "Parameter access must be given at most once, as read or write.";
    return answerProblem(400, "ParameterInvalid", detail, request.path);
  }
  const n = readCount(request.query.getAll("n"));
  if (n === undefined) {
    const detail = `Parameter n must be given once, as a whole number from 1 to ${mostNext}.`;
    return answerProblem(400, "ParameterInvalid", detail, request.path);
  }
  const entry = feed.get(keyOf(request));
  const endpoints = entry && feed.next(entry.key, n);
  if (!endpoints) return refuseUnknown(feed, request);
  if (endpoints.length === 0) {
    return answerProblem(503, "NoEndpoint", whyEmpty(entry), request.path, { "retry-after": "1" });
  }
  return answerJson(describeNext(entry, endpoints), { age: ageOf(entry, time) });
}
