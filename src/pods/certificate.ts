import type { CertificateFault } from "../decide/samples/findings.ts";

/** By the codes that OpenSSL has for why a chain does not hold, and Node's for a name that is not in a certificate. */
const faults: ReadonlyMap<string, CertificateFault> = new Map<string, CertificateFault>([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "OtherName"],
  ["HOSTNAME_MISMATCH", "OtherName"],
  ["CERT_HAS_EXPIRED", "Expired"],
  ["CERT_NOT_YET_VALID", "NotYetValid"],
  ...[
    "CERT_CHAIN_TOO_LONG",
    "CERT_REJECTED",
    "CERT_REVOKED",
    "CERT_SIGNATURE_FAILURE",
    "CERT_UNTRUSTED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "INVALID_CA",
    "INVALID_PURPOSE",
    "PATH_LENGTH_EXCEEDED",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ].map((code) => [code, "NotTrusted"] as const),
]);

/** What a server says in TLS 1.3 of a client whose certificate it does not take, or that has none. */
const refusal = /^ERR_SSL_.*ALERT_(.*CERTIFICATE.*|UNKNOWN_CA|ACCESS_DENIED)$/;
/** The same in TLS 1.2, where Node tells it as a failed write: alerts 42 to 46, 48 and 49 of RFC 5246. */
const refusalInHandshake = /SSL alert number (4[2-6]|48|49)\s*$/;

/** What is wrong with the pod's certificate, or with ours in its eyes; undefined for an error about something else. */
export function certificateFaultOf(error: Error): CertificateFault | undefined {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const known = faults.get(code);
  if (known) return known;
  const isOurs = refusal.test(code) || (code === "EPROTO" && refusalInHandshake.test(message));
  return isOurs ? "OursRefused" : undefined;
}

/** Without signs that begin another block, so that it is linear in the text. */
const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a text in PEM, each as it stands there, and unread. */
export const certificatesIn = (text: string): readonly string[] => text.match(block) ?? [];
