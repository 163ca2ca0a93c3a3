/** What names of Services and ports are: RFC 1035. */
export const dnsLabel = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const dnsLabelMessage =
  "must be a DNS label: lower case letters, digits and '-', at most 63, starting with a letter";

export const maxDnsLabel = 63;
