import { openQuerying, type Prometheus } from "../control/open-querying.ts";
import type { Log } from "../telemetry/log.ts";
import { UsageError } from "./flags/flag.ts";
import type { RunConfig } from "./run-flags.ts";

type QueryFlags = Pick<
  RunConfig,
  | "query-address"
  | "query-ca-file"
  | "query-token-file"
  | "query-basic-auth-file"
  | "query-tenant"
  | "query-labels"
  | "query-insecure"
>;

/** Where pools with source query are asked; undefined where the flags do not say. */
export async function openPrometheus(flags: QueryFlags, log: Log): Promise<Prometheus | undefined> {
  const {
    "query-address": address,
    "query-ca-file": caFile,
    "query-token-file": tokenFile,
    "query-basic-auth-file": basicAuthFile,
    "query-tenant": tenant,
    "query-labels": labels,
  } = flags;
  if (address === undefined) {
    const alone = Object.entries(flags).find(
      ([name, value]) => name.startsWith("query-") && value !== undefined && value !== false,
    )?.[0];
    if (alone === undefined) return undefined;
    throw new UsageError(`--${alone} is of no use alone: --query-address says where pools with source query are asked`);
  }
  if (tokenFile !== undefined && basicAuthFile !== undefined)
    throw new UsageError(
      "--query-token-file and --query-basic-auth-file exclude each other: one header carries one of them",
    );
  const isSecret = tokenFile !== undefined || basicAuthFile !== undefined;
  if (address.protocol === "http:" && isSecret && !flags["query-insecure"])
    throw new UsageError(
      "--query-address must be of https, or credentials would be read on their way; --query-insecure allows that",
    );
  if (address.protocol === "http:" && caFile !== undefined)
    throw new UsageError("--query-ca-file needs an address of https: over http nobody shows a certificate");
  try {
    const prometheus = await openQuerying({ address, caFile, tokenFile, basicAuthFile, tenant, labels }, log);
    log.info({ address: address.href }, "pools with source query are asked here");
    return prometheus;
  } catch (error) {
    throw new UsageError(`Prometheus cannot be asked: ${(error as Error).message}`);
  }
}
