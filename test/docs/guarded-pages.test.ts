import type { RequestListener } from "node:http";
import type { TLSSocket } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Metrics } from "../../src/api/metrics.ts";
import { credentialSources } from "../builders/credential-sources.ts";
import { metricsFrom } from "../builders/metrics.ts";
import { type FakePod, serveHttp, serveHttps, unhurried, until, useCleanups } from "../observe/sampling/fake-pods.ts";
import { startSampler } from "../observe/sampling/start-sampler.ts";
import { hasOpenssl, type Pair, useAuthority } from "../tools/authority.ts";
import { blocksOf } from "../tools/documents/pages.ts";

const cleanups = useCleanups();

/** The blocks of docs/sources.md on pages behind something. */
const shown = new Map(
  blocksOf("docs/sources.md").flatMap(({ mark, text }): [string, Metrics][] =>
    mark?.runner === "guarded"
      ? [[mark.name, metricsFrom({ interval: "300ms", timeout: "250ms", ...parse(text).metrics })]]
      : [],
  ),
);

const cpu = "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 4\n";
/** A rate takes two samples. */
const counted = { counter: { total: 400 } };
const vault = [
  "# TYPE vault_core_in_flight_requests gauge",
  "vault_core_in_flight_requests 50",
  "# TYPE vault_core_handle_request summary",
  'vault_core_handle_request{quantile="0.5"} NaN',
  "vault_core_handle_request_sum 1250",
  "vault_core_handle_request_count 40",
].join("\n");

/** What stands before each page, and what a sample of it is. */
const pages = {
  vault: { url: "/v1/sys/metrics?format=prometheus", host: "vault.shop.svc", body: `${vault}\n`, sample: { load: 25 } },
  consul: { url: "/v1/agent/metrics?format=prometheus", host: undefined, body: cpu, sample: counted },
  nomad: { url: "/v1/metrics?format=prometheus", host: "server.global.nomad", body: cpu, sample: counted },
  phpFpm: {
    url: "/status?json",
    host: undefined,
    body: '{"pool":"www","accepted conn":12,"active processes":5,"idle processes":3}',
    sample: { load: 25, requests: 12 },
  },
} as const;

describe.skipIf(!hasOpenssl())("the pages behind something of docs/sources.md", () => {
  const authority = useAuthority();
  let client: Pair;
  let server: Pair;

  beforeAll(async () => {
    const hosts = Object.values(pages).flatMap(({ host }) => (host ? [`DNS:${host}`] : []));
    [client, server] = await Promise.all([
      authority.sign({ name: "evenkeel" }),
      authority.sign({ name: "server", hosts: hosts.join() }),
    ]);
  });

  const contents = () => ({
    token: "t0k3n",
    "tls.crt": client.cert,
    "tls.key": client.key,
    "ca.crt": authority.ca,
  });

  test("are those that are read here", () => expect([...shown.keys()].sort()).toEqual(Object.keys(pages).sort()));

  test.each(Object.entries(pages))("are read through what %s asks for", async (name, { url, host, body, sample }) => {
    const metrics = shown.get(name)!;
    if (metrics.source?.type !== "http" && metrics.source?.type !== "json") throw new Error("another source");
    const { scheme, auth } = metrics.source.spec;
    const listener: RequestListener = (request, response) => {
      const isKnown =
        auth?.type === "ClientCertificate"
          ? (request.socket as TLSSocket).authorized
          : !auth || request.headers.authorization === "Bearer t0k3n";
      const isMeant = request.url === url && (host === undefined || request.headers.host === host);
      response.writeHead(isKnown ? (isMeant ? 200 : 404) : 403).end(body);
    };
    const options = { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: false };
    const pod: FakePod = await cleanups.serving(
      scheme === "HTTPS" ? serveHttps(options, listener) : serveHttp(listener),
    );
    const [{ port = 0 } = {}] = pod.pod.ports;
    const sampler = startSampler(cleanups, { credentials: credentialSources(contents) });
    const served = { ...pod.pod, ports: [{ name: metrics.source.spec.port, port }] };
    sampler.follow("shop/pool", { metrics: unhurried(metrics), keep: 1, pods: [served], createdAt: Date.now() });
    const reading = () => sampler.readings("shop/pool").get(served.uid);
    await until(() => (reading()?.samples.length ?? 0) > 0, `a sample of ${name}`);
    expect(reading()!.samples[0]).toMatchObject(sample);
  });
});
