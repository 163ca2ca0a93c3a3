import { experimental, type ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import type { ClientCredentials } from "../access/access.ts";
import { endOf, identityOf } from "../access/certificate.ts";
import { plainAddress } from "../http/connections.ts";
import type { ServerIdentity, Tls } from "../tls/tls-files.ts";

/** What every call of a client tells of him. */
export type GrpcCall = Pick<ServerUnaryCall<unknown, unknown>, "metadata" | "getPeer" | "getAuthContext">;

/** What the client of a call brings along to be let in. */
export function credentialsOfCall(call: GrpcCall): ClientCredentials {
  const [authorization] = call.metadata.get("authorization");
  const { sslPeerCertificate } = call.getAuthContext();
  return {
    ...(typeof authorization === "string" && { authorization }),
    certificate: sslPeerCertificate && identityOf(sslPeerCertificate),
    until: sslPeerCertificate && endOf(sslPeerCertificate),
    // `10.0.0.1:5000`, or `[fd00::1]:5000`.
    address: plainAddress(
      call
        .getPeer()
        .replace(/:\d+$/, "")
        .replace(/^\[|\]$/g, ""),
    ),
  };
}

interface TlsCredentialsOptions {
  readonly tls: Tls;
  /** Whether a client without a certificate is turned away in the handshake; only where authorities of clients are known. */
  readonly certificateNeeded: boolean;
}

/** TLS as the files say, new connections by the newest of them. */
export function createTlsCredentials({ tls, certificateNeeded }: TlsCredentialsOptions): ServerCredentials {
  /** One set of listeners for each kind of part. */
  function tell<Update>(read: (identity: ServerIdentity) => Update) {
    const ends = new Map<(update: Update) => void, () => void>();
    return {
      add(listener: (update: Update) => void): void {
        ends.set(
          listener,
          tls.subscribe((identity) => listener(read(identity))),
        );
        // What it hears before it returns from here, the server misses.
        queueMicrotask(() => {
          if (ends.has(listener)) listener(read(tls.current()));
        });
      },
      remove(listener: (update: Update) => void): void {
        ends.get(listener)?.();
        ends.delete(listener);
      },
    };
  }
  const authorities = tell(({ clientCa = "" }) => ({ caCertificate: Buffer.from(clientCa) }));
  const identities = tell(({ cert, key }) => ({ certificate: Buffer.from(cert), privateKey: Buffer.from(key) }));
  const provider = {
    addCaCertificateListener: authorities.add,
    removeCaCertificateListener: authorities.remove,
    addIdentityCertificateListener: identities.add,
    removeIdentityCertificateListener: identities.remove,
  };
  const knowsClients = tls.current().clientCa !== undefined;
  // The identity comes first, whatever the names of its parameters say.
  return experimental.createCertificateProviderServerCredentials(
    provider,
    knowsClients ? provider : null,
    knowsClients && certificateNeeded,
  );
}
