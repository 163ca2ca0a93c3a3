import type { Objects } from "../kube/objects.ts";
import { admissionPolicies, admissionPolicyBindings, secrets } from "../kube/types.ts";
import type { CredentialSources } from "../observe/credentials/credential-book.ts";

/** Secrets that pools name, each read by its name, and the policy and the binding of this name. */
export const credentialSources = (objects: Objects, policy: string): CredentialSources => ({
  readSecret: (namespace, name, signal) => objects.get(secrets, namespace, name, { signal }),
  readPolicy: (signal) =>
    Promise.all([
      objects.get(admissionPolicies, undefined, policy, { signal }),
      objects.get(admissionPolicyBindings, undefined, policy, { signal }),
    ]),
});
