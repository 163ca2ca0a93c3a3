import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type CertificateRequest, createAuthority, createCertificate } from "./control-plane/certificates.ts";
import { findProgram, requirePart } from "./require-part.ts";

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of a test file. */
export interface Authority {
  /** Its own certificate; there before the first test begins. */
  readonly ca: string;
  /** A certificate that it signs: with `hosts` a server's, else a client's. */
  sign(request: Omit<CertificateRequest, "folder" | "file">): Promise<Pair>;
}

/** Whether suites with certificates can run here. */
export const hasOpenssl = (): boolean => requirePart("openssl", findProgram("openssl") !== undefined);

/** Made before the first test of the suite; gone after the last. */
export function useAuthority(): Authority {
  let folder = "";
  let ca = "";
  let signed = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "evenkeel-authority-"));
    await createAuthority(folder);
    ca = await readFile(join(folder, "ca.crt"), "utf8");
  });
  afterAll(() => rm(folder, { recursive: true }));
  return {
    get ca() {
      return ca;
    },
    sign(request) {
      signed += 1;
      return createCertificate({ ...request, folder, file: `signed-${signed}` });
    },
  };
}
