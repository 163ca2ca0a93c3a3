import { dnsLabel, maxDnsLabel } from "../../api/dns-label.ts";
import { hash } from "../basics/hash.ts";
import type { Pool } from "../world.ts";

/** The lists that a pool with `access` has apart. */
export const sides = ["write", "read"] as const;
export type ListSide = (typeof sides)[number];

const suffixes: Readonly<Record<ListSide, string>> = { write: "-rw", read: "-ro" };

const hashDigits = 8;

/** The pool's name with a suffix; where that is no name for a Service, as much of it as is one, and a hash of the whole. */
function nameWith(pool: string, suffix: string): string {
  const whole = `${pool}${suffix}`;
  if (dnsLabel.test(whole)) return whole;
  const stem = pool.replaceAll(/[^a-z0-9-]/g, "-").replace(/^(?![a-z])/, "p");
  const mark = hash(pool, 0).toString(16).padStart(hashDigits, "0");
  return `${stem.slice(0, maxDnsLabel - suffix.length - hashDigits - 1)}-${mark}${suffix}`;
}

/** The Services of a pool's lists, by name; undefined where it has none. */
export function splitOf({ name, spec }: Pick<Pool, "name" | "spec">): Readonly<Record<ListSide, string>> | undefined {
  const services = spec.access?.services;
  if (services?.type !== "Split") return undefined;
  return {
    write: services.write ?? nameWith(name, suffixes.write),
    read: services.read ?? nameWith(name, suffixes.read),
  };
}
