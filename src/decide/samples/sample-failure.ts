import type { CredentialFailure } from "./findings.ts";

/** Why the last attempt to sample a pod gave nothing. */
export type SampleFailure =
  | "PortNotDeclared"
  | "AddressRefused"
  | "ConnectFailed"
  | CredentialFailure
  | "TimedOut"
  | "ConnectionCut"
  | "StatusNotOk"
  | "Redirected"
  /** What answers does not speak HTTP. */
  | "NotHttp"
  | "EncodingRefused"
  | "HeaderTooLarge"
  | "BodyTooLarge"
  | "TooManyChunks"
  | "TooManySamples"
  /** Too many large answers came at once. */
  | "NoRoom"
  | "Malformed"
  | "MetricMissing"
  | "ValueRefused"
  | "NoCpuRequest"
  | "NoMemoryRequest"
  | "ContainerMissing"
  | "SourceUnavailable"
  /** The operator was not told where to ask. */
  | "SourceUnset"
  /** What is to be asked is not asked, for what it says. */
  | "QueryRefused"
  /** The pod is not in the answer, of which a part is missing. */
  | "AnswerPartial"
  | "NotReported";
