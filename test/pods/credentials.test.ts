import { spawn } from "node:child_process";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { ServerOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import type { Finding } from "../../src/decide/samples/findings.ts";
import { defaultFetchLimits, Fetcher } from "../../src/pods/fetcher.ts";
import type { Credential, Greeting } from "../../src/pods/greeting.ts";
import { credentialOf } from "../builders/secrets.ts";
import { answered, failed as probeFailed, probeOnce } from "../observe/probes/probing.ts";
import {
  type FakePod,
  makePod,
  nextAddress,
  serveHttp,
  serveHttps,
  serveTls,
  until,
  useCleanups,
} from "../observe/sampling/fake-pods.ts";
import { mountSecret } from "../rigs/secret-folder.ts";
import { hasOpenssl, type Pair, useAuthority } from "../tools/authority.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { failed, request } from "./fetching.ts";

const cleanups = useCleanups();
const { serving } = cleanups;
const token = "s3cr3t-t0k3n";
const host = "vault.shop.svc:8200";

interface Asked {
  readonly credential?: Credential;
  readonly path?: string;
}

/** Reads a pod over one connection. */
function reader({ pod }: Pick<FakePod, "pod">, greeting: Greeting) {
  const dial = { kind: "dial", address: pod.addresses[0]!, port: pod.ports[0]!.port } as const;
  const fetcher = new Fetcher(dial, defaultFetchLimits, greeting);
  cleanups.add(() => fetcher.close());
  return async (asked: Asked = {}) => {
    let finding: Finding | undefined;
    const answer = await fetcher.fetch({ ...request, ...asked }, (found) => {
      finding = found;
    });
    return answer.kind === "answered" ? answer.body.toString() : { ...answer, ...(finding && { finding }) };
  };
}

/** What reached a pod. */
interface Heard {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  readonly url: string | undefined;
  readonly sni: string | false | null | undefined;
  readonly client: string | undefined;
}

/** Answers `ok` and keeps what it was asked with. */
function listening(heard: Heard[], answer = (response: ServerResponse) => void response.end("ok")): RequestListener {
  return ({ headers, url, socket }: IncomingMessage, response) => {
    const { servername, getPeerCertificate } = socket as Partial<TLSSocket>;
    const client = getPeerCertificate?.call(socket)?.subject?.CN;
    heard.push({
      authorization: headers.authorization,
      host: headers.host,
      url,
      sni: servername,
      client: Array.isArray(client) ? client[0] : client,
    });
    answer(response);
  };
}

const refusedFor = (fault: string) => ({
  ...failed("CertificateRefused"),
  finding: { kind: "certificate", fault },
});

describe("over plain HTTP", () => {
  test("a pod is told the host that the pool names, and the query, as they are", async () => {
    const heard: Heard[] = [];
    const pod = await serving(serveHttp(listening(heard)));
    const path = "/stats?usedonly&filter=%5Ecluster%5C..*cx_active%24";
    expect(await reader(pod, { scheme: "HTTP", host })({ path })).toBe("ok");
    expect(heard).toMatchObject([{ host, url: path, authorization: undefined }]);
    expect(await reader(pod, { scheme: "HTTP" })()).toBe("ok");
    expect(heard[1]!.host).toBe(`${pod.pod.addresses[0]}:${pod.pod.ports[0]!.port}`);
  });

  test("a credential goes that is made for it, and one for TLS does not", async () => {
    const heard: Heard[] = [];
    const pod = await serving(serveHttp(listening(heard)));
    const read = reader(pod, { scheme: "HTTP" });
    expect(await read({ credential: credentialOf("Bearer", { token }, { insecure: true }) })).toBe("ok");
    const basic = credentialOf("Basic", { username: "scrape", password: "a:b pä" }, { insecure: true });
    expect(await read({ credential: basic })).toBe("ok");
    expect(await read()).toBe("ok");
    expect(heard.map(({ authorization }) => authorization)).toEqual([
      `Bearer ${token}`,
      `Basic ${Buffer.from("scrape:a:b pä").toString("base64")}`,
      undefined,
    ]);
  });

  test.each([301, 302, 303, 307, 308])("no credential follows a redirect of %i to elsewhere", async (status) => {
    const heard: Heard[] = [];
    const thief = await serving(serveHttp(listening(heard)));
    const location = `http://${thief.pod.addresses[0]}:${thief.pod.ports[0]!.port}/metrics/`;
    const pod = await serving(serveHttp((_, response) => response.writeHead(status, { location }).end()));
    const credential = credentialOf("Bearer", { token }, { insecure: true });
    expect(await reader(pod, { scheme: "HTTP" })({ credential })).toMatchObject(failed("Redirected"));
    expect([heard, thief.accepted()]).toEqual([[], 0]);
  });
});

describe("where a pod wants a slash added", () => {
  const credential = credentialOf("Bearer", { token }, { insecure: true });
  /** Sends everybody on who asks for `/metrics`, and tells what came to `/metrics/`. */
  const redirecting = async (location: (self: string) => string) => {
    const heard: Heard[] = [];
    const pod = await serving(
      serveHttp((request, response) => {
        if (request.url === "/metrics/") listening(heard)(request, response);
        else response.writeHead(301, { location: location(request.headers.host!) }).end();
      }),
    );
    return { heard, pod };
  };

  test.each([
    ["a path", () => "/metrics/"],
    ["the host that it was told", (self: string) => `http://${self}/metrics/`],
  ])("it is shown the credential there, named by %s", async (_, location) => {
    const { heard, pod } = await redirecting(location);
    expect(await reader(pod, { scheme: "HTTP", host })({ credential })).toBe("ok");
    expect(heard).toMatchObject([{ authorization: `Bearer ${token}`, host }]);
  });

  test.each([
    ["another host", () => "http://thief.example.com/metrics/"],
    ["another scheme", (self: string) => `https://${self}/metrics/`],
    ["a user in the address", (self: string) => `http://a@${self}/metrics/`],
    ["another port", () => "http://vault.shop.svc:8201/metrics/"],
    ["an address without a scheme", () => "//thief.example.com/metrics/"],
    ["a backslash", () => "/\\\\thief.example.com/metrics/"],
  ])("it is not with %s", async (_, location) => {
    const { heard, pod } = await redirecting(location);
    const failure = await reader(pod, { scheme: "HTTP", host })({ credential });
    expect([failure, heard]).toMatchObject([failed("Redirected"), []]);
  });
});

describe.skipIf(!hasOpenssl())("over TLS", () => {
  const authority = useAuthority();
  const other = useAuthority();
  let pair: Pair;
  let client: Pair;

  const serverFor = async (hosts: string, days?: number): Promise<Pair> =>
    authority.sign({ name: "pod", hosts, ...(days !== undefined && { days }) });
  const serve = (heard: Heard[], options: ServerOptions = pair) => serving(serveHttps(options, listening(heard)));
  const bearer = (ca = authority.ca) => credentialOf("Bearer", { token, "ca.crt": ca });

  beforeAll(async () => {
    [pair, client] = await Promise.all([
      serverFor("DNS:vault.shop.svc"),
      authority.sign({ name: "operator", groups: [] }),
    ]);
  });

  test("a token goes to a pod whose certificate is of the authority and for the host", async () => {
    const heard: Heard[] = [];
    const pod = await serve(heard);
    const read = reader(pod, { scheme: "HTTPS", host });
    const credential = bearer();
    for (let time = 0; time < 3; time++) expect(await read({ credential })).toBe("ok");
    expect(heard[2]).toMatchObject({ authorization: `Bearer ${token}`, host, sni: "vault.shop.svc" });
    expect(pod.accepted()).toBe(1);
  });

  test("without a host the certificate is to be for the pod's address", async () => {
    const heard: Heard[] = [];
    const named = await serve(heard);
    expect(await reader(named, { scheme: "HTTPS" })({ credential: bearer() })).toEqual(refusedFor("OtherName"));
    const address = named.pod.addresses[0]!;
    const addressed = await serving(serveHttps(await serverFor(`IP:${address}`), listening(heard), address));
    expect(await reader(addressed, { scheme: "HTTPS" })({ credential: bearer() })).toBe("ok");
    expect(heard).toHaveLength(1);
  });

  test.each([
    ["for another name", "OtherName", async () => ({ options: pair, host: "consul.shop.svc", ca: authority.ca })],
    ["of another authority", "NotTrusted", async () => ({ options: pair, host, ca: other.ca })],
    [
      "that has run out",
      "Expired",
      async () => {
        const options = await serverFor("DNS:vault.shop.svc", 0);
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        return { options, host, ca: authority.ca };
      },
    ],
    ["that is a client's", "NotTrusted", async () => ({ options: client, host, ca: authority.ca })],
  ])("who has a certificate %s is sent nothing, nor on a lenient read", async (_, fault, make) => {
    const { options, host: name, ca } = await make();
    const heard: Heard[] = [];
    const pod = await serve(heard, options);
    const read = reader(pod, { scheme: "HTTPS", host: name });
    for (let time = 0; time < 2; time++) expect(await read({ credential: bearer(ca) })).toEqual(refusedFor(fault));
    expect(heard).toEqual([]);
    const probed = await probeOnce(pod, { type: "HTTP", scheme: "HTTPS", host: name }, { credential: bearer(ca) });
    expect(probed).toEqual(probeFailed("CertificateRefused"));
    expect(heard).toEqual([]);
  });

  test("without a credential a certificate is as good as any other", async () => {
    const heard: Heard[] = [];
    const pod = await serve(heard);
    expect(await reader(pod, { scheme: "HTTPS", host: "consul.shop.svc" })()).toBe("ok");
    expect(heard).toMatchObject([{ sni: "consul.shop.svc", authorization: undefined }]);
  });

  test("a connection made without a credential carries none afterwards, nor one of another authority", async () => {
    const heard: Heard[] = [];
    const pod = await serve(heard);
    const read = reader(pod, { scheme: "HTTPS", host });
    expect(await read()).toBe("ok");
    expect(await read({ credential: bearer(other.ca) })).toEqual(refusedFor("NotTrusted"));
    expect(await read({ credential: bearer() })).toBe("ok");
    expect(await read({ credential: bearer() })).toBe("ok");
    expect(heard.map(({ authorization }) => authorization)).toEqual([undefined, `Bearer ${token}`, `Bearer ${token}`]);
    await until(() => pod.open() === 1, "the end of the earlier connections");
  });

  test("an odd answer is read leniently from who was verified alone", async () => {
    const asked: string[] = [];
    const answer = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok";
    const listen = (options: ServerOptions) =>
      serving(
        serveTls(options, (socket) =>
          socket.on("data", (data: Buffer) => {
            asked.push(data.toString());
            socket.write(answer);
          }),
        ),
      );
    const read = reader(await listen(pair), { scheme: "HTTPS", host });
    const credential = bearer();
    expect(await read({ credential })).toBe("ok");
    expect(asked).toHaveLength(2);
    for (const text of asked) expect(text.toLowerCase()).toContain(`authorization: bearer ${token}`);
    expect(await read({ credential: bearer(other.ca) })).toEqual(refusedFor("NotTrusted"));
    expect(asked).toHaveLength(2);
  });

  const shownBy = ({ cert, key }: Pair) =>
    credentialOf("ClientCertificate", { "tls.crt": cert, "tls.key": key, "ca.crt": authority.ca });

  test("a pod that asks for a certificate gets the one in the Secret", async () => {
    const heard: Heard[] = [];
    const pod = await serve(heard, { ...pair, requestCert: true, rejectUnauthorized: true, ca: authority.ca });
    expect(await reader(pod, { scheme: "HTTPS", host })({ credential: shownBy(client) })).toBe("ok");
    expect(heard).toMatchObject([{ client: "operator", authorization: undefined }]);
    const spec = { type: "HTTP", scheme: "HTTPS", host: "vault.shop.svc" } as const;
    expect(await probeOnce(pod, spec, { credential: shownBy(client) })).toEqual(answered);
  });

  // Node's own server tells nobody why it cuts a connection.
  test.each([["1.3"], ["1.2"]] as const)("over TLS %s a pod says that it does not take ours", async (version) => {
    const folder = await mountSecret({ "tls.crt": pair.cert, "tls.key": pair.key, "ca.crt": authority.ca });
    const address = nextAddress();
    const [port = 0] = await findFreePorts(1);
    const files = ["-cert", folder.path("tls.crt"), "-key", folder.path("tls.key"), "-CAfile", folder.path("ca.crt")];
    const asking = ["-Verify", "1", "-verify_return_error", `-tls${version.replace(".", "_")}`, "-www"];
    const server = spawn("openssl", ["s_server", "-accept", `${address}:${port}`, ...files, ...asking]);
    cleanups.add(() => server.kill());
    const pod = { pod: makePod({ addresses: [address], ports: [{ name: "metrics", port }] }) };
    const read = reader(pod, { scheme: "HTTPS", host });
    await waitFor(async () => typeof (await read({ credential: shownBy(client) })) === "string", "the server");
    const stranger = await other.sign({ name: "stranger" });
    expect(await read({ credential: shownBy(stranger) })).toEqual(refusedFor("OursRefused"));
    if (version === "1.3") expect(await read()).toEqual(refusedFor("OursRefused"));
  });

  test("nothing of a credential is printed by whoever prints it", () => {
    const credential = credentialOf("Basic", { username: "scrape", password: token, "ca.crt": authority.ca });
    const wrapped = { credential, deep: [{ credential }] };
    const printed = [JSON.stringify(wrapped), inspect(wrapped, { depth: 9, showHidden: true }), String(credential)];
    const encoded = Buffer.from(`scrape:${token}`).toString("base64");
    for (const text of printed) for (const part of [token, encoded, "scrape"]) expect(text).not.toContain(part);
  });
});
