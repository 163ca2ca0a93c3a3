import { sampleFailures } from "../samples/sample-failure.ts";

const { PortNotDeclared, AddressRefused, ConnectFailed, CredentialsMissing, CertificateRefused } = sampleFailures;
const { TimedOut, ConnectionCut, StatusNotOk, Redirected, Malformed } = sampleFailures;

/** Why a probe failed, each with what it means. */
export const probeFailures = {
  PortNotDeclared,
  AddressRefused,
  ConnectFailed,
  CredentialsMissing,
  CertificateRefused,
  CredentialsRefused:
    "The pod refuses the credential. After a change, the pod or the operator may still have the previous one.",
  TimedOut,
  ConnectionCut,
  StatusNotOk,
  Redirected,
  Malformed,
  NotServing: "The gRPC server, or the service, reports that it does not serve.",
  ServiceUnknown: "The gRPC server does not know the service in `probe.service`.",
  NotImplemented: "The gRPC server has no health service.",
  NotAccepting: "The database starts up, shuts down or takes no more connections.",
  ServerError: "The gRPC or Postgres server answers with an error.",
} as const;

/** Why a probe failed. */
export type ProbeFailure = keyof typeof probeFailures;
