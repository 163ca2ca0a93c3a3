import { explain } from "../decide/explain/explain.ts";
import { printExplanation } from "../decide/explain/print.ts";
import { type Answer, answerJson, answerProblem, answerText } from "./answer.ts";
import type { ExplanationDocument } from "./documents.ts";
import type { Feed } from "./feed.ts";
import { type PoolRequest, refuseUnknown } from "./pools.ts";

const formats = ["json", "text"];

/** The arithmetic of the latest plan. */
export function answerExplain(feed: Feed, request: PoolRequest): Answer {
  const [format = "json", ...more] = request.query.getAll("format");
  if (more.length > 0 || !formats.includes(format)) {
    const detail = `Parameter format must be given once, as one of ${formats.join(", ")}.`;
    return answerProblem(400, "ParameterInvalid", detail, request.path);
  }
  const entry = feed.get(`${request.namespace}/${request.name}`);
  if (!entry) return refuseUnknown(feed, request);
  const { namespace, name, generation } = entry.pool;
  const document: ExplanationDocument = {
    namespace,
    name,
    generation,
    plannedAt: new Date(entry.at).toISOString(),
    ...explain(entry.observation, entry.plan),
  };
  if (format === "json") return answerJson(document);
  return answerText(200, `${printExplanation(document).join("\n")}\n`);
}
