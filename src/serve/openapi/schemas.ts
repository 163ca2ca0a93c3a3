import * as z from "zod";
import { poolCondition } from "../../api/status.ts";
import { explainedLine, explanationDocument } from "../explanation-document.ts";
import { followerDocument, followersDocument } from "../followers-document.ts";
import { historyDocument, podSeriesDocument } from "../history-document.ts";
import {
  coverageDocument,
  decisionDocument,
  endpointDocument,
  excludedDocument,
  nextDocument,
  nextEndpoint,
  poolDocument,
  poolListDocument,
  poolSummary,
  portDocument,
  readySetDocument,
  rebalanceDocument,
  reportDocument,
  scaleDocument,
  writerDocument,
} from "../pool-document.ts";
import { problemDocument } from "../problem-document.ts";
import { reportBody } from "../reports/report-body.ts";
import { drainingDocument, replicaDocument, trafficDocument, troubleDocument } from "../state-documents.ts";

/** Every schema of the API by the name that generated clients give it. */
const named = {
  Condition: poolCondition,
  Coverage: coverageDocument,
  Decision: decisionDocument,
  Draining: drainingDocument,
  Endpoint: endpointDocument,
  Excluded: excludedDocument,
  ExplainedLine: explainedLine,
  Explanation: explanationDocument,
  Follower: followerDocument,
  Followers: followersDocument,
  History: historyDocument,
  Next: nextDocument,
  NextEndpoint: nextEndpoint,
  PodSeries: podSeriesDocument,
  Pool: poolDocument,
  PoolList: poolListDocument,
  PoolSummary: poolSummary,
  Port: portDocument,
  Problem: problemDocument,
  ReadySet: readySetDocument,
  Rebalance: rebalanceDocument,
  Replica: replicaDocument,
  Report: reportDocument,
  ReportBody: reportBody,
  Scale: scaleDocument,
  Traffic: trafficDocument,
  Trouble: troubleDocument,
  Writer: writerDocument,
} as const;

export type SchemaName = keyof typeof named;

export const schemas: Readonly<Record<SchemaName, z.ZodType>> = named;

export const referTo = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });

/** The schemas as OpenAPI 3.0 has them. Those of answers are open: a later version may add fields. */
export function describeSchemas(): Record<string, object> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas: described } = z.toJSONSchema(registry, {
    target: "openapi-3.0",
    uri: (id) => referTo(id as SchemaName).$ref,
    override({ jsonSchema, zodSchema }) {
      // What a report has beside its connections is refused.
      if (jsonSchema.additionalProperties === false && zodSchema !== reportBody) delete jsonSchema.additionalProperties;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      // Lists are the operator's concern in the CRD, and say nothing to a client.
      for (const key of Object.keys(jsonSchema)) if (key.startsWith("x-kubernetes-")) delete jsonSchema[key];
    },
  });
  return Object.fromEntries(Object.entries(described).map(([id, { $id: _, ...schema }]) => [id, schema]));
}
