import type { X509Certificate } from "node:crypto";
import { certificatesOf, readTls, type ServerIdentity, type Tls } from "../serve/tls/tls-files.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";
import { UsageError } from "./flags/flag.ts";
import type { RunConfig } from "./run-flags.ts";

type TlsFlags = Pick<
  RunConfig,
  "tls-cert-file" | "tls-key-file" | "tls-ca-file" | "tls-client-ca-file" | "http-client-certs"
>;

/** What the flags say of TLS; undefined where there is to be none. A renewal is logged, and what is wrong with one. */
export async function openTls(
  flags: TlsFlags,
  log: Log,
  onUse: OperatorMetrics["certificateUsed"],
): Promise<Tls | undefined> {
  const { "tls-cert-file": cert, "tls-key-file": key, "tls-ca-file": ca, "tls-client-ca-file": clientCa } = flags;
  if (flags["http-client-certs"] && clientCa === undefined)
    throw new UsageError("--http-client-certs needs --tls-client-ca-file: by which authority are clients known?");
  if (cert === undefined || key === undefined) {
    const alone = Object.entries(flags).find(([name, value]) => name.startsWith("tls-") && value !== undefined)?.[0];
    if (alone === undefined) return undefined;
    throw new UsageError(`--${alone} is of no use alone: TLS needs --tls-cert-file and --tls-key-file`);
  }
  const use = ({ cert: chain }: ServerIdentity, words: string): void => {
    const [{ subject, validFromDate, validToDate }] = certificatesOf(chain) as [X509Certificate];
    log.info({ subject, until: validToDate.toISOString() }, words);
    onUse({ subject, from: validFromDate, until: validToDate });
  };
  try {
    const tls = await readTls(
      { cert, key, ca, clientCa },
      {
        onChange: (identity) => use(identity, "a new certificate is in use"),
        onError: (error) => log.error({ error }, "the certificate cannot be renewed; the last one stays in use"),
      },
    );
    use(tls.current(), "ports speak TLS");
    return tls;
  } catch (error) {
    throw new UsageError(`TLS is not to be had: ${(error as Error).message}`);
  }
}
