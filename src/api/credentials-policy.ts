import { authPaths } from "./auth.ts";

// The admission policy that asks whether who writes a pool may read the Secret that it names. The chart has it from here, and
// the operator reads no Secret unless the cluster has it just so.

const has = (path: readonly string[]): string =>
  path.map((_, index) => `has(object.spec.${path.slice(0, index + 1).join(".")})`).join(" && ");

/** What decides where a credential goes, and which: fields of the spec. */
const steering = ["metrics", "targetRef", "selector", "ports"];

const isNew = (field: string): string =>
  `has(object.spec.${field}) != has(oldObject.spec.${field}) || (has(object.spec.${field}) && object.spec.${field} != oldObject.spec.${field})`;

/**
 * Says of a pool that is older than the policy that it was written since, too: the value is the UID of the newer one of the
 * policy and its binding. Whoever sets it is asked as whoever names a Secret is.
 */
export const secretsPolicyAnnotation = "evenkeel.io/secrets-policy";

const annotationOf = (object: string): string =>
  `(has(${object}.metadata.annotations) && '${secretsPolicyAnnotation}' in ${object}.metadata.annotations ? ${object}.metadata.annotations['${secretsPolicyAnnotation}'] : '')`;

/** Spec of a ValidatingAdmissionPolicy (admissionregistration.k8s.io/v1). */
export const credentialsPolicy = {
  failurePolicy: "Fail",
  matchConstraints: {
    resourceRules: [
      {
        apiGroups: ["evenkeel.io"],
        apiVersions: ["v1alpha1"],
        operations: ["CREATE", "UPDATE"],
        resources: ["loadbalancerpools"],
      },
    ],
  },
  matchConditions: [
    { name: "names-a-secret", expression: authPaths.map((path) => `(${has(path)})`).join(" || ") },
    {
      name: "asks-for-something-new",
      expression: `oldObject == null || ${annotationOf("object")} != ${annotationOf("oldObject")} || ${steering.map((field) => `(${isNew(field)})`).join(" || ")}`,
    },
  ],
  variables: [
    {
      name: "secrets",
      expression: authPaths
        .map((path) => `(${has(path)} ? [object.spec.${path.join(".")}.secret.name] : [])`)
        .join(" + "),
    },
  ],
  validations: [
    {
      expression:
        "variables.secrets.all(name, authorizer.group('').resource('secrets').namespace(request.namespace).name(name).check('get').allowed())",
      reason: "Forbidden",
      messageExpression:
        "'a pool reads Secrets with the rights of its author, and ' + request.userInfo.username + ' may not get Secret ' + variables.secrets.join(' or ') + ' in namespace ' + request.namespace + ': ask for that right, or take auth out of spec.metrics.'",
    },
  ],
} as const;
