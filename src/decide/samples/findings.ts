import { example, print, type Wording, worded } from "../basics/wording.ts";
/** Why a value is none that a pod could have. */
export type ValueFault = "NaN" | "Negative" | "Infinite" | "Absurd" | "TooOld" | "NoNumber" | "Several" | "Repeated";

/** Why a query of a pool is not asked. */
export type QueryFault =
  | "Syntax"
  | "NoMetric"
  | "OtherNamespace"
  | "ForeignFunction"
  | "NoVector"
  | "NoSelector"
  | "TooManySelectors"
  | "TooDeep"
  | "ShiftedSubquery";

/** There is nothing to show a pod that asks who reads it; or it is not who it should be, or does not take our certificate. */
export type CredentialFailure = "CredentialsMissing" | "CertificateRefused";

/** What is wrong with a pod's certificate, or, in the pod's eyes, with ours. */
export type CertificateFault = "NotTrusted" | "Expired" | "NotYetValid" | "OtherName" | "OursRefused";

/** Why there is no credential to show, or none that is newer. */
export type SecretFault =
  /** Nothing of it was heard yet. */
  | "Unread"
  /** The operator is not told to read Secrets. */
  | "SwitchedOff"
  /** No policy asks whether the pool's author may read the Secret. */
  | "Unguarded"
  /** The pool is older than the policy, so that nobody has asked of it. */
  | "Unasked"
  | "Forbidden"
  | "NotFound"
  | "KeyMissing"
  | "KeyMalformed"
  /** The API server cannot be asked. */
  | "Unreachable";

/** What is wrong with the Secret that a pool names; of what is in it there is nothing here. */
export interface SecretFound {
  readonly kind: "secret";
  readonly secret: string;
  readonly fault: SecretFault;
  readonly key?: string;
  /** UID of what asks, where the pool is older. */
  readonly policy?: string;
}

interface FoundPort {
  readonly name?: string;
  readonly port: number;
}

/**
 * What was found where a pod could not be read, beside the word of the failure. Of what a pod answers there is nothing
 * in it but numbers and names of metrics, which are bounded and hold letters, digits, `_`, `:` and `/` only.
 */
export type Finding =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "encoding"; readonly encoding: string }
  /** The line of exposition text that is no sample; the first is 1. */
  | { readonly kind: "line"; readonly line: number }
  /** It is what it should be, and not well formed. */
  | { readonly kind: "broken"; readonly what: "HTTP" | "gzip" | "JSON" }
  /** There is too much text in labels that are matched by a pattern. */
  | { readonly kind: "labels" }
  /** OpenMetrics that ends without `# EOF`. */
  | { readonly kind: "cut" }
  | { readonly kind: "certificate"; readonly fault: CertificateFault }
  | SecretFound
  | { readonly kind: "ports"; readonly declared: readonly FoundPort[] }
  /** What may be had, in the unit of the failure. */
  | { readonly kind: "limit"; readonly most: number }
  /** A query that is not asked; the first character is 1. */
  | { readonly kind: "promql"; readonly field: string; readonly fault: QueryFault; readonly character: number }
  /** What came of the query of one field. */
  | { readonly kind: "asked"; readonly field: string; readonly finding?: Finding }
  | Absent
  | ValueFound;

/** A metric that the pod does not tell. */
export interface Absent {
  readonly kind: "absent";
  readonly metric: string;
  /** Names of the answer that are like it, likeliest first. */
  readonly near: readonly string[];
  /** It is there, with other labels. */
  readonly otherLabels?: boolean;
}

/** A metric whose value is none. */
export interface ValueFound {
  readonly kind: "value";
  readonly metric: string;
  readonly fault: ValueFault;
}

const faults: Record<ValueFault, string> = {
  NaN: "is NaN",
  Negative: "is negative",
  Infinite: "is infinite",
  Absurd: "is absurdly large",
  TooOld: "is too old by its timestamp",
  NoNumber: "is no number",
  Several: "has several series for one pod",
  Repeated: "has the same series twice, with different values",
};

const queryFaults: Record<QueryFault, string> = {
  Syntax: "is not understood",
  NoMetric: "has a selector without the name of one metric",
  OtherNamespace: "asks for another namespace than the pool's",
  ForeignFunction: "calls a function that tells of more than its selectors",
  NoVector: "has no value for each pod",
  NoSelector: "selects nothing",
  TooDeep: "is nested too deeply",
  TooManySelectors: "has more than 16 selectors",
  ShiftedSubquery: "has offset or @ elsewhere than beside a selector",
};

const certificateFaults: Record<CertificateFault, string> = {
  NotTrusted: "not of the given authority",
  Expired: "expired",
  NotYetValid: "not valid yet",
  OtherName: "for another name",
  OursRefused: "ours is not taken",
};

export function printSecret({ secret, fault, key }: Omit<SecretFound, "kind">): string {
  switch (fault) {
    case "Unread":
      return `Secret ${secret} is not read yet`;
    case "SwitchedOff":
      return `Secret ${secret} is not read: the operator reads none`;
    case "Unguarded":
      return `Secret ${secret} is not read: no policy asks who may name it`;
    case "Unasked":
      return `Secret ${secret} is not read: the pool is older than the policy that asks who may name it`;
    case "Forbidden":
      return `the operator may not read Secret ${secret}`;
    case "NotFound":
      return `there is no Secret ${secret}`;
    case "KeyMissing":
      return `Secret ${secret} has no ${key}`;
    case "KeyMalformed":
      return `${key} in Secret ${secret} is not what it should be`;
    case "Unreachable":
      return `Secret ${secret} cannot be read for now`;
  }
}

const mostPorts = 8;

const printPorts = (ports: readonly FoundPort[]): string => {
  const shown = ports.slice(0, mostPorts).map(({ name, port }) => (name ? `${name} ${port}` : `${port}`));
  const more = ports.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
};

export const printValue = ({ metric, fault }: Omit<ValueFound, "kind">): string => `${metric} ${faults[fault]}`;

/** A finding in words; undefined where the failure's own word says all. */
export function wordFinding(finding: Finding | undefined): Wording | undefined {
  switch (finding?.kind) {
    case "status":
      return `status ${finding.status}`;
    case "encoding":
      return `sent as ${finding.encoding}`;
    case "line":
      return worded`line ${example(finding.line)} is no sample`;
    case "broken":
      return `broken ${finding.what}`;
    case "labels":
      return "label values are too long to match";
    case "cut":
      return "ends without # EOF";
    case "certificate":
      return `certificate ${certificateFaults[finding.fault]}`;
    case "secret":
      return printSecret(finding);
    case "ports":
      return finding.declared.length > 0 ? `declares ${printPorts(finding.declared)}` : "declares no port";
    case "limit":
      return `more than ${finding.most}`;
    case "absent": {
      if (finding.otherLabels) return `${finding.metric} has other labels`;
      const near = finding.near.length > 0 ? `, but ${finding.near.join(", ")}` : "";
      return `no ${finding.metric}${near}`;
    }
    case "promql":
      return `${finding.field} ${queryFaults[finding.fault]}, at character ${finding.character}`;
    case "asked": {
      const found = wordFinding(finding.finding);
      return found === undefined ? finding.field : worded`${finding.field}: ${found}`;
    }
    case "value":
      return printValue(finding);
    default:
      return undefined;
  }
}

export function printFinding(finding: Finding | undefined): string | undefined {
  const wording = wordFinding(finding);
  return wording && print(wording);
}

/** A finding as a document has it. */
export function inWords(finding: Finding | undefined): { readonly detail?: string } {
  const detail = printFinding(finding);
  return detail === undefined ? {} : { detail };
}
