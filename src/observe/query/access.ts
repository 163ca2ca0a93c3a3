import { X509Certificate } from "node:crypto";
import { defined } from "../../api/defined.ts";
import { certificatesIn } from "../../pods/certificate.ts";
import { type FileHooks, openFreshFile } from "./fresh-file.ts";

/** Where queries are asked and as whom. Files are read again when they change. */
export interface PrometheusSettings {
  /** What stands before `/api/v1/query`: of http or https, without credentials, query or fragment. */
  readonly address: URL;
  /** Authorities by which the server is known; without: those that Node knows. */
  readonly caFile?: string | undefined;
  /** A bearer token. */
  readonly tokenFile?: string | undefined;
  /** `USER:PASSWORD`. */
  readonly basicAuthFile?: string | undefined;
  /** That every series must have that is asked for. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What `X-Scope-OrgID` says. */
  readonly tenant?: string | undefined;
}

/** How the server is known, and the operator to it. */
export interface PrometheusAccess {
  /** PEM; undefined where those authorities count that Node knows. */
  ca(): Promise<string | undefined>;
  headers(): Promise<Readonly<Record<string, string>>>;
}

function readToken(text: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error("holds no token that a header can carry");
  return `Bearer ${token}`;
}

function readBasicAuth(text: string): string {
  const pair = text.replace(/\r?\n$/, "");
  if (!/^[^:\r\n]+:[^\r\n]*$/.test(pair)) throw new Error("must hold USER:PASSWORD, in one line");
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** One that is cut off would be left out in silence. */
function readAuthorities(text: string): string {
  const found = certificatesIn(text);
  if (found.length === 0 || found.length !== text.split("-----BEGIN").length - 1)
    throw new Error("holds no certificate, or one that is cut off");
  for (const one of found) new X509Certificate(one);
  return text;
}

/** Rejects where a file is of no use; later the last content that was stands. */
export async function openPrometheusAccess(
  { caFile, tokenFile, basicAuthFile, tenant }: PrometheusSettings,
  hooks: FileHooks,
): Promise<PrometheusAccess> {
  const open = async <T>(file: string | undefined, read: (text: string) => T) => {
    const reading = (text: string): T => {
      try {
        return read(text);
      } catch (cause) {
        throw new Error(`${file} ${(cause as Error).message}`, { cause });
      }
    };
    return file === undefined ? undefined : openFreshFile(file, reading, hooks);
  };
  const authorities = await open(caFile, readAuthorities);
  const token = await open(tokenFile, readToken);
  const basicAuth = await open(basicAuthFile, readBasicAuth);
  return {
    ca: async () => authorities?.current(),
    async headers() {
      const authorization = (await token?.current()) ?? (await basicAuth?.current());
      return defined({ authorization, "x-scope-orgid": tenant });
    },
  };
}
