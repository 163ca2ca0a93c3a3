import { isIPv6, SocketAddress } from "node:net";
import * as z from "zod";

/** Most that one report may name. */
const mostPods = 2_000;
/** No client holds more to one pod. */
const mostConnections = 1_000_000;
/** Issues that are told, and letters of a name that the client made up. */
const mostIssues = 5;
const mostLetters = 64;

const podMessage = "must be a pod's name or address";
const countMessage = `must be a whole number from 0 to ${mostConnections}`;
const pod = z
  .string()
  .regex(/^[A-Za-z0-9:][A-Za-z0-9.:-]{0,252}$/, podMessage)
  .refine((text) => !text.includes(":") || isIPv6(text), podMessage);
const connections = z
  .record(pod, z.int(countMessage).min(0, countMessage).max(mostConnections, countMessage))
  .refine((given) => Object.keys(given).length <= mostPods, `must name at most ${mostPods} pods`);

/** Body of `PUT /v1/pools/{namespace}/{name}/connections`. */
export const reportBody = z.strictObject({ connections });

/** Open connections by pod name or address, or what is wrong with the text. */
export type ReportBody =
  | { readonly kind: "connections"; readonly connections: ReadonlyMap<string, number> }
  | { readonly kind: "invalid"; readonly detail: string };

const describeIssue = (issue: z.core.$ZodIssue): string => {
  const field = issue.path.map((part) => String(part).slice(0, mostLetters)).join(".") || "body";
  return `${field}: ${(issue.code === "invalid_key" ? podMessage : issue.message).slice(0, 3 * mostLetters)}`;
};

/** IPv6 addresses have many spellings, and the API server shows one. */
const spell = (key: string): string =>
  key.includes(":") ? new SocketAddress({ address: key, family: "ipv6" }).address : key;

export function readReport(text: string): ReportBody {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: "invalid", detail: 'The body must be JSON, such as {"connections": {"POD": 3}}.' };
  }
  const parsed = reportBody.safeParse(json);
  if (!parsed.success)
    return { kind: "invalid", detail: parsed.error.issues.slice(0, mostIssues).map(describeIssue).join("; ") };
  const sums = new Map<string, number>();
  for (const [key, count] of Object.entries(parsed.data.connections)) {
    const name = spell(key);
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return { kind: "connections", connections: sums };
}

/** The body that says so. */
export const writeReport = (given: ReadonlyMap<string, number>): string =>
  JSON.stringify({ connections: Object.fromEntries(given) });
