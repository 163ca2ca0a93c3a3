import { credentialsPolicy } from "../../src/api/credentials-policy.ts";
import type { ApiOutcome } from "../../src/kube/outcome.ts";
import type { KubeObject } from "../../src/kube/types.ts";
import type { CredentialSources } from "../../src/observe/credentials/credential-book.ts";

const policy = "may-get-secrets";
const found = (fields: object): ApiOutcome<KubeObject> => ({
  kind: "ok",
  object: { metadata: { name: policy, creationTimestamp: new Date(0).toISOString() }, ...fields } as KubeObject,
});

/** A cluster with the policy in force and one Secret, by whatever name it is asked for: its contents as they are now. */
export const credentialSources = (contents: () => Readonly<Record<string, string>> | undefined): CredentialSources => ({
  async readSecret() {
    const given = contents();
    if (!given) return { kind: "missing" };
    const data = Object.entries(given).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
    return found({ data: Object.fromEntries(data) });
  },
  readPolicy: async () => [
    found({ spec: credentialsPolicy }),
    found({ spec: { policyName: policy, validationActions: ["Deny"] } }),
  ],
});
