import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import { createLoopbackCertificate } from "../../../src/lab/embedded/http/certificate.ts";

test("a certificate for loopback is one that others read, and that vouches for itself", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const { cert } = createLoopbackCertificate(now);
  const read = new X509Certificate(cert);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkIssued(read)).toBe(true);
  expect(read.ca).toBe(true);
  expect(read.subject).toBe("CN=evenkeel-embedded");
  expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(read.validFromDate.toISOString()).toBe("2026-03-01T11:00:00.000Z");
  expect(read.validToDate.toISOString()).toBe("2027-03-01T12:00:00.000Z");
  for (const address of ["127.0.0.1", "::1"]) expect(read.checkIP(address)).toBe(address);
  expect(read.checkHost("localhost")).toBe("localhost");
  expect(read.checkIP("127.0.0.2")).toBeUndefined();
  expect(read.checkHost("example.com")).toBeUndefined();
});

test("no two certificates are alike, and a client that trusts one refuses the other", async () => {
  const [own, other] = [createLoopbackCertificate(Date.now()), createLoopbackCertificate(Date.now())];
  expect(new X509Certificate(own.cert).serialNumber).not.toBe(new X509Certificate(other.cert).serialNumber);
  const server = createServer({ ...own }, (socket) => socket.end()).listen(0, "127.0.0.1");
  server.on("tlsClientError", () => {});
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const meets = async (ca: string): Promise<string> => {
    const socket = connect({ port, host: "127.0.0.1", ca });
    try {
      await once(socket, "secureConnect");
      return "trusted";
    } catch (error) {
      return (error as NodeJS.ErrnoException).code!;
    } finally {
      socket.destroy();
    }
  };
  expect(await meets(own.cert)).toBe("trusted");
  expect(await meets(other.cert)).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  server.close();
});
