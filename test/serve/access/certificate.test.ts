import type { PeerCertificate } from "node:tls";
import { expect, test } from "vitest";
import { identityOf } from "../../../src/serve/access/certificate.ts";

const read = (subject: object, subjectaltname?: string) =>
  identityOf({ subject, ...(subjectaltname && { subjectaltname }) } as PeerCertificate);

test.each([
  ["a common name", { CN: "edge" }, undefined, "edge", []],
  ["an organisation", { CN: "edge", O: "proxies" }, "DNS:other", "edge", ["proxies"]],
  ["several organisations", { CN: "edge", O: ["proxies", "more"] }, undefined, "edge", ["proxies", "more"]],
  [
    "no common name",
    {},
    "URI:spiffe://cluster.local/ns/shop/sa/web, DNS:web",
    "spiffe://cluster.local/ns/shop/sa/web",
    [],
  ],
])("with %s, it is known whose a certificate is", (_, subject, names, user, groups) => {
  expect(read(subject, names)).toEqual({ user, groups: [...groups, "system:authenticated"] });
});

test("a certificate without any name is nobody's", () => {
  expect(read({})).toBeUndefined();
  expect(read({ O: "proxies" }, "IP Address:10.0.0.1")).toBeUndefined();
});
