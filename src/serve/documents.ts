export type { ExplanationDocument } from "./explanation-document.ts";
export type { HistoryDocument, PodSeriesDocument, SeriesDocument } from "./history-document.ts";
export type {
  CoverageDocument,
  DecisionDocument,
  EndpointDocument,
  NextDocument,
  NextEndpoint,
  PoolDocument,
  PoolListDocument,
  PoolSummary,
  ReadySetDocument,
  RebalanceDocument,
  ReportDocument,
  ScaleDocument,
  WriterDocument,
} from "./pool-document.ts";
export type { ProblemDocument, ProblemReason } from "./problem-document.ts";
export type { DrainingDocument, ReplicaDocument, TroubleDocument } from "./state-documents.ts";
