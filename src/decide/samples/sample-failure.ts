/** Why the last attempt to sample a pod gave nothing, each with what it means. */
export const sampleFailures = {
  PortNotDeclared: "No container declares the port.",
  AddressRefused: "The pod has an address that nothing may be sent to, such as loopback.",
  ConnectFailed: "Nothing answers on the port.",
  CredentialsMissing: "The Secret that the pool names gives no credential.",
  CertificateRefused: "The pod's certificate, or the operator's, is not accepted.",
  TimedOut: "The answer took longer than the timeout.",
  ConnectionCut: "The connection broke before the answer was whole.",
  StatusNotOk: "The answer has a status other than 200.",
  Redirected: "The answer leads elsewhere, and redirects are not followed.",
  NotHttp: "What answers on the port does not speak HTTP.",
  EncodingRefused: "The answer has an encoding other than gzip.",
  HeaderTooLarge: "The head of the answer is too large.",
  BodyTooLarge: "The answer has more bytes than `maxBytes`.",
  TooManyChunks: "The answer comes in too many pieces.",
  TooManySamples: "The answer has more samples than `maxSamples`.",
  NoRoom: "Too many large answers came at once.",
  Malformed: "The answer is not in the format that was asked for.",
  MetricMissing: "The answer does not have the metric, or not with these labels.",
  ValueRefused: "The metric has a value that is not a number, absurd, or too old.",
  NoCpuRequest: "The containers have no CPU request to measure the use by.",
  NoMemoryRequest: "The containers have no memory request to measure the use by.",
  ContainerMissing: "The pod has no container of that name that runs as long as it does.",
  SourceUnavailable: "`metrics.k8s.io` is not served, or fails.",
  SourceUnset: "The operator was not told which Prometheus to ask.",
  QueryRefused: "The query is not sent, because of what it says.",
  AnswerPartial: "Prometheus could not ask all of its stores, and the pod is not in the answer.",
  NotReported: "No client reports the pod.",
} as const;

/** Why the last attempt to sample a pod gave nothing. */
export type SampleFailure = keyof typeof sampleFailures;
