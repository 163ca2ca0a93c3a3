import type { Oddity } from "../serve/xds/oddities.ts";
import type { XdsOptions } from "../serve/xds/start-xds.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";
import { watchCrowding } from "./server-hooks.ts";

const messages: Readonly<Record<Oddity["kind"], string>> = {
  Refused: "a client of xDS refuses what it was sent, and goes on with what it has",
  TypeUnknown: "a client of xDS asks for a type that is not served",
  NameUnknown: "a client of xDS asks for names that stand for no pool: NAMESPACE/POOL is one that does",
  Forbidden: "a client of xDS asks for pools that it may not read, and gets the others",
  NonceUnknown: "a client of xDS answers what it was not sent last",
  ManyNames: "a client of xDS asks for more resources than others do",
  TooManyNames: "a client of xDS asks for more than one stream may want: its stream is ended",
  Silent: "a client of xDS does not answer, and is sent nothing more of this type until it does",
  ComesAndGoes: "a client of xDS begins one stream after the other",
};

/** What the xDS server tells of itself: what it sends, and which clients do what nobody should. */
export const xdsHooks = (metrics: OperatorMetrics, log: Log) =>
  ({
    onError: (error) => log.error({ error }, "serving xDS failed for one client; the others go on"),
    onCrowded: watchCrowding(metrics, log),
    onOddity({ node, address }, { kind, ...fields }) {
      metrics.xdsOdd(kind);
      log.warn({ node, address, ...fields }, messages[kind]);
    },
    onSent: metrics.xdsSent,
    onStreams: metrics.xdsStreamed,
  }) satisfies Partial<XdsOptions>;
