import * as z from "zod";
import type { Rule } from "./rules.ts";

/** What a pod is shown, and the keys of the Secret that hold it: those that Kubernetes' own types of Secrets have. */
export const credentialKeys = {
  Bearer: ["token"],
  Basic: ["username", "password"],
  ClientCertificate: ["tls.crt", "tls.key"],
} as const satisfies Record<string, readonly string[]>;

export type CredentialType = keyof typeof credentialKeys;

/** The key with the authority that pods are verified by. */
export const authorityKey = "ca.crt";

const listKeys = Object.entries(credentialKeys).map(([type, keys]) => `${type}: ${keys.join(" and ")}`);

/** What pods are shown that ask who reads them. */
export const auth = z
  .object({
    secret: z
      .object({
        name: z
          .string()
          .max(253)
          .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "must be the name of a Secret")
          .describe("Its name, in the pool's namespace."),
      })
      .describe(
        `The Secret with the credential. Its keys depend on the type (${listKeys.join("; ")}). Over HTTPS it also needs ${authorityKey}, the authority that verifies the pods' certificates. Whoever writes the pool must be allowed to get the Secret.`,
      ),
    type: z
      .enum(Object.keys(credentialKeys) as [CredentialType, ...CredentialType[]])
      .default("Bearer")
      .describe(
        "Bearer sends a token. Basic sends a user's name and password. ClientCertificate presents a client certificate over TLS.",
      ),
    insecure: z
      .boolean()
      .default(false)
      .describe(
        "Send the credential over plain HTTP, where anybody on the way can read it. Not allowed with scheme HTTPS.",
      ),
  })
  .describe(
    "Credential that the operator presents to the pods. Over HTTPS a pod gets it only if the authority in the Secret's ca.crt issued the pod's certificate, for the name in host. If host is absent, the certificate must be for the pod's address. It works only if the operator may read Secrets (the chart's credentials.enabled). If absent, no credential is sent.",
  );

export type Auth = z.output<typeof auth>;

interface Guarded {
  readonly scheme?: "HTTP" | "HTTPS" | undefined;
  readonly auth?: Auth | undefined;
}

/** How credentials may go to a pod: over TLS that is verified, or plain where the pool says so. */
export const authRules: readonly Rule<Guarded>[] = [
  {
    cel: "!has(self.auth) || (has(self.scheme) && self.scheme == 'HTTPS') != self.auth.insecure",
    message: "auth needs scheme HTTPS, or plain HTTP with auth.insecure: true",
    holds: ({ scheme, auth: given }) => !given || (scheme === "HTTPS") !== given.insecure,
  },
  {
    cel: "!has(self.auth) || self.auth.type != 'ClientCertificate' || !self.auth.insecure",
    message: "auth of type ClientCertificate needs scheme HTTPS",
    holds: ({ auth: given }) => given?.type !== "ClientCertificate" || !given.insecure,
  },
];

/** Where a pool may name a Secret, from its spec on. */
export const authPaths: readonly (readonly string[])[] = [
  ["metrics", "source", "http", "auth"],
  ["metrics", "source", "json", "auth"],
  ["metrics", "probe", "auth"],
];
