import { keysOf } from "../object/json.ts";
import { type Cause, invalidValue } from "../object/status-error.ts";
import type { Metadata } from "../object/stored-object.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dnsLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const keyName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** Which names a kind takes: RFC 1123 subdomain (most), RFC 1123 label (Namespace), RFC 1035 label (Service). */
export type NameRule = "subdomain" | "label" | "service";

const rules: Readonly<Record<NameRule, { readonly pattern: RegExp; readonly limit: number; readonly why: string }>> = {
  subdomain: {
    pattern: subdomain,
    limit: 253,
    why:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
      "and end with an alphanumeric character",
  },
  label: {
    pattern: label,
    limit: 63,
    why:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
      "with an alphanumeric character",
  },
  service: {
    pattern: dnsLabel,
    limit: 63,
    why:
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic " +
      "character, and end with an alphanumeric character",
  },
};

export function checkName(name: string, rule: NameRule): Cause[] {
  const { pattern, limit, why } = rules[rule];
  if (name.length > limit) return [invalidValue("metadata.name", name, `must be no more than ${limit} characters`)];
  return pattern.test(name) ? [] : [invalidValue("metadata.name", name, why)];
}

const isQualifiedKey = (key: string): boolean => {
  const parts = key.split("/");
  const [prefix, name] = parts.length === 1 ? [undefined, parts[0]] : parts;
  if (parts.length > 2 || !name || name.length > 63 || !keyName.test(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix));
};

const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character";

/** What is wrong with the labels, annotations and owners of an object. */
export function checkMetadata({ labels = {}, annotations = {}, ownerReferences = [] }: Metadata): Cause[] {
  const causes: Cause[] = [];
  for (const [key, value] of Object.entries(labels)) {
    if (!isQualifiedKey(key)) causes.push(invalidValue("metadata.labels", key, keyRule));
    if (value.length > 63 || !labelValue.test(value)) causes.push(invalidValue("metadata.labels", value, valueRule));
  }
  for (const key of keysOf(annotations)) {
    if (!isQualifiedKey(key.toLowerCase())) causes.push(invalidValue("metadata.annotations", key, keyRule));
  }
  for (const owner of ownerReferences) {
    for (const field of ["apiVersion", "kind", "name", "uid"] as const) {
      const why = field === "apiVersion" ? "version must not be empty" : "must not be empty";
      if (!owner[field]) causes.push(invalidValue(`metadata.ownerReferences.${field}`, "", why));
    }
  }
  const controllers = ownerReferences.filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${controllers
      .slice(0, 2)
      .map(({ kind, name }) => `${kind}/${name}`)
      .join(" and ")}`;
    causes.push(invalidValue("metadata.ownerReferences", [...ownerReferences], why));
  }
  return causes;
}
