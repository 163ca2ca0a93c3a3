import type { DetailedPeerCertificate, PeerCertificate } from "node:tls";
import type { Identity } from "./access.ts";

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

/** When a certificate runs out, Unix milliseconds; undefined where it does not say. */
export function endOf({ valid_to: end }: Pick<PeerCertificate, "valid_to">): number | undefined {
  const at = Date.parse(end);
  return Number.isNaN(at) ? undefined : at;
}

/**
 * Whose certificate it is, as Kubernetes reads one: the common name is the user, organisations are groups. Certificates of
 * workloads often have none; then it is their first other name, such as `spiffe://…`.
 */
export function identityOf(certificate: PeerCertificate | DetailedPeerCertificate): Identity | undefined {
  const { CN, O } = certificate.subject ?? {};
  const [user = /^(?:DNS|URI|email):([^,"]+)/.exec(certificate.subjectaltname ?? "")?.[1]] = listOf(CN);
  // Every user whom the API server knows is in this group, and rights may be given to it.
  return user === undefined ? undefined : { user, groups: [...listOf(O), "system:authenticated"] };
}
