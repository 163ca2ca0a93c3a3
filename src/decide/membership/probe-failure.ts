import type { CredentialFailure } from "../samples/findings.ts";

/** Why a probe failed. */
export type ProbeFailure =
  | "PortNotDeclared"
  | "AddressRefused"
  | "ConnectFailed"
  | CredentialFailure
  /** The pod does not take the credential: it, or the pod, may have the one before. */
  | "CredentialsRefused"
  | "TimedOut"
  | "ConnectionCut"
  | "StatusNotOk"
  | "Redirected"
  | "Malformed"
  /** The gRPC server, or the service, says that it does not serve. */
  | "NotServing"
  /** The gRPC server does not know the service that it was asked for. */
  | "ServiceUnknown"
  /** The gRPC server has no health service. */
  | "NotImplemented"
  /** The database starts up, shuts down or takes no more connections. */
  | "NotAccepting"
  | "ServerError";
