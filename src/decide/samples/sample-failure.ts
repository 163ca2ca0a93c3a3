/** Why the last attempt to sample a pod gave nothing, each with what it means. */
export const sampleFailures = {
  PortNotDeclared: "No container declares the port.",
  AddressRefused: "The pod has an address that the operator never connects to, such as loopback.",
  ConnectFailed: "Nothing accepts connections at the port.",
  CredentialsMissing: "The Secret that the pool names gives no usable credential.",
  CertificateRefused: "The pod's certificate, or the operator's, is not accepted.",
  TimedOut: "The answer took longer than the timeout.",
  ConnectionCut: "The connection broke before the answer was complete.",
  StatusNotOk: "The answer has a status other than 200. An HTTP probe takes any 2xx.",
  Redirected:
    "The answer redirects elsewhere. The only redirect that is followed is one that adds a slash, when a sample is read from a pod.",
  NotHttp: "What answers on the port does not speak HTTP.",
  EncodingRefused: "The answer has an encoding other than gzip.",
  HeaderTooLarge: "The status line and the headers of the answer are too large.",
  BodyTooLarge: "The answer has more bytes than `maxBytes`.",
  TooManyChunks: "The answer comes in too many pieces.",
  TooManySamples: "The answer has more samples than `maxSamples`.",
  NoRoom: "Too many large answers came at once.",
  Malformed: "The answer is not in the expected format.",
  MetricMissing: "The answer lacks the metric, or has it only with other labels.",
  ValueRefused: "The metric's value is not a number, is outside the possible range, or is too old.",
  NoCpuRequest: "The containers request no CPU, so their use cannot be given in percent.",
  NoMemoryRequest: "The containers request no memory, so their use cannot be given in percent.",
  ContainerMissing:
    "The pod has no container of the name in `resource.container`, or it is an init container that ends.",
  SourceUnavailable: "The API `metrics.k8s.io` is not served, or fails.",
  SourceUnset: "The operator has no `--query-address`, so it does not know which Prometheus to ask.",
  QueryRefused: "The query is not sent, because it is invalid or not allowed.",
  AnswerPartial: "Prometheus could not ask all of its stores, and the pod is missing from the answer.",
  NotReported: "No client has reported connections to the pod.",
} as const;

/** Why the last attempt to sample a pod gave nothing. */
export type SampleFailure = keyof typeof sampleFailures;
