import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { Agent, type Dispatcher } from "undici";
import { certificatesOf, type ServerIdentity, type Tls } from "../tls/tls-files.ts";

/** The connections to the other replicas. */
export interface PeerLine {
  readonly scheme: "http" | "https";
  /** The connections of now: with the newest certificate. */
  dispatcher(): Dispatcher;
  /** Cuts what is under way. */
  destroy(): Promise<void>;
}

const dnsNameOf = ({ subjectAltName }: { readonly subjectAltName: string | undefined }): string | undefined =>
  /(?:^|, )DNS:([^,]+)/.exec(subjectAltName ?? "")?.[1];

/**
 * How replicas know each other: by the certificate that all have, or by one for the same name that an authority of theirs
 * signed. So no name has to be in it but the one that clients use, and a renewal that has reached some of them only cuts
 * nobody off.
 */
function trustIn({ cert, key, ca }: ServerIdentity, before: ServerIdentity | undefined) {
  const known = [cert, ...(before ? [before.cert] : [])];
  const [own] = certificatesOf(cert);
  const prints = new Set(known.map((pem) => certificatesOf(pem)[0]!.fingerprint256));
  const name = dnsNameOf(own!);
  return {
    cert,
    key,
    ca: [...known, ...(ca === undefined ? [] : [ca])],
    allowPartialTrustChain: true,
    checkServerIdentity(_: string, shown: PeerCertificate): Error | undefined {
      if (prints.has(shown.fingerprint256)) return undefined;
      if (name === undefined) return new Error("it shows another certificate than ours, and ours has no name");
      return checkServerIdentity(name, shown);
    },
  };
}

export function openLine(tls: Tls | undefined, timeoutMs: number): PeerLine {
  const open = (connect: object = {}) =>
    new Agent({ connections: 4, connect: { ...connect, timeout: timeoutMs }, keepAliveTimeout: 20_000 });
  if (!tls) {
    const agent = open();
    return { scheme: "http", dispatcher: () => agent, destroy: () => agent.destroy() };
  }
  let identity = tls.current();
  let agent = open(trustIn(identity, undefined));
  const ending = new Set<Agent>();
  const unsubscribe = tls.subscribe((next) => {
    const old = agent;
    ending.add(old);
    old.close().finally(() => ending.delete(old));
    agent = open(trustIn(next, identity));
    identity = next;
  });
  return {
    scheme: "https",
    dispatcher: () => agent,
    async destroy() {
      unsubscribe();
      await Promise.all([agent, ...ending].map((one) => one.destroy()));
    },
  };
}
