import type { Auth } from "../../api/auth.ts";
import { secretsPolicyAnnotation } from "../../api/credentials-policy.ts";
import type { CertificateFault, Finding, SecretFault, SecretFound } from "../samples/findings.ts";

/** Where a pool says whom its pods are to know us by. */
export interface Showing {
  /** Of the source or the probe. */
  readonly field: string;
  readonly host?: string | undefined;
  readonly auth?: Auth | undefined;
}

/** What a key is to hold. */
const forms: Readonly<Record<string, string>> = {
  token: "It must be one word of printable ASCII, of 6 KiB at most.",
  username: "It must be UTF-8 without control characters and colons.",
  password: "It must be UTF-8 without control characters.",
  "tls.crt": "It must be certificates in PEM.",
  "tls.key": "It must be the key of tls.crt, in PEM and without a passphrase.",
  "ca.crt": "It must be certificates in PEM.",
};

const onSecret: Readonly<Record<SecretFault, (found: SecretFound, field: string) => string | undefined>> = {
  Unread: () => undefined,
  SwitchedOff: () => "Set credentials.enabled to true in the operator's chart.",
  Unguarded: () =>
    "Install the admission policy of the operator's own version, with a binding that denies: the chart has both (credentials.enabled, admissionPolicy.enabled).",
  Unasked: ({ secret, policy }) =>
    `Somebody who may get Secret ${secret} must annotate the pool with ${secretsPolicyAnnotation}=${policy}.`,
  Forbidden: () =>
    "Give it the right: credentials.namespaces and credentials.secretNames in its chart say where and on which.",
  NotFound: (_, field) => `Make it in the pool's namespace, or correct ${field}.auth.secret.name.`,
  KeyMissing: (_, field) => `Add the key, or correct ${field}.auth.type.`,
  KeyMalformed: ({ key = "" }) => forms[key],
  Unreachable: () => "The API server cannot be asked.",
};

const onCertificate: Readonly<Record<CertificateFault, (showing: Showing) => string>> = {
  NotTrusted: ({ auth }) =>
    `Check ca.crt in Secret ${auth?.secret.name}: the pods' certificates are of another authority.`,
  Expired: () => "Renew the pods' certificates.",
  NotYetValid: () => "Check when the pods' certificates begin, and the nodes' clocks.",
  OtherName: ({ field, host }) =>
    host === undefined
      ? `Set ${field}.host to a name that the pods' certificates are for: without it that must be the pod's address.`
      : `Correct ${field}.host: the pods' certificates are not for ${host}.`,
  OursRefused: ({ field, auth }) =>
    auth?.type === "ClientCertificate"
      ? `Check tls.crt in Secret ${auth.secret.name}: the pods do not take it.`
      : `The pods ask for a client's certificate: name a Secret with one in ${field}.auth, of type ClientCertificate.`,
};

/** What to do where pods are shown nothing, or are not who they should be; undefined where there is nothing to be said. */
export function onCredential(finding: Finding | undefined, showing: Showing): string | undefined {
  if (finding?.kind === "secret") return onSecret[finding.fault](finding, showing.field);
  if (finding?.kind === "certificate") return onCertificate[finding.fault](showing);
  return finding?.kind === "status" && showing.auth ? notTaken(showing.field, showing.auth) : undefined;
}

const notTaken = (field: string, { secret }: Auth): string =>
  `The pods do not take the credential in Secret ${secret.name} (${field}.auth).`;

/** What to do where a pod says that it does not know us. */
export const onUnknown = ({ field, auth }: Showing, path: string): string =>
  auth
    ? notTaken(field, auth)
    : `Let the pods serve ${path} to anybody, or name a Secret with a credential in ${field}.auth.`;
