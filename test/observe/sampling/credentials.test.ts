import { describe, expect, test } from "vitest";
import { health } from "../../../src/api/health.ts";
import type { Pod } from "../../../src/decide/world.ts";
import { credentialSources } from "../../builders/credential-sources.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";
import { serveHttp, unhurried, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const key = "shop/pool";
const auth = { secret: { name: "scrape" }, type: "Basic", insecure: true };
const authorization = `Basic ${Buffer.from("scrape:p4ss").toString("base64")}`;

/** A pod that answers who shows it the right name and password. */
const serveGuarded = () =>
  cleanups.serving(
    serveHttp((request, response) => {
      response.writeHead(request.headers.authorization === authorization ? 200 : 401).end('{"open":3}');
    }),
  );

/** Samples and probes the pod with what the Secret has. */
function followAndProbe(
  sampler: ReturnType<typeof startSampler>,
  pod: Pod,
  pace: { readonly interval: string; readonly timeout: string },
) {
  const source = { json: { connections: { pointer: "/open" }, auth } };
  const probe = { type: "HTTP", port: "metrics", auth, ...pace };
  const metrics = unhurried(metricsFrom({ interval: "300ms", timeout: "250ms", source, probe }));
  const settings = { probe: { ...metrics.probe!, timeout: patienceMs }, health: health.parse(undefined), port: "1" };
  sampler.follow(key, {
    metrics,
    keep: 1,
    pods: [pod],
    createdAt: Date.now(),
    probing: { settings, down: new Set() },
  });
  return settings;
}

describe("a pod that asks who reads it", () => {
  test("is sampled, and probed, by what is in the Secret", async () => {
    const { pod } = await serveGuarded();
    const sampler = startSampler(cleanups, {
      credentials: credentialSources(() => ({ username: "scrape", password: "p4ss\n" })),
    });
    followAndProbe(sampler, pod, { interval: "400ms", timeout: "390ms" });
    await until(() => sampler.readings(key).get(pod.uid)?.samples[0]?.connections === 3, "a sample");
    await until(() => (sampler.probings(key).get(pod.uid)?.successes ?? 0) > 0, "a probe");
    expect(sampler.trouble(key)).toBeUndefined();
    expect(sampler.readings(key).get(pod.uid)).toMatchObject({ failures: 0 });
  });

  test("is asked nothing while there is no Secret, and is not down for it", async () => {
    const { pod, accepted } = await serveGuarded();
    const sampler = startSampler(cleanups, { credentials: credentialSources(() => undefined) });
    const settings = followAndProbe(sampler, pod, { interval: "200ms", timeout: "190ms" });
    const probing = () => sampler.probings(key).get(pod.uid);
    const ended = new Set<number>();
    const add = () => probing()?.failure && ended.add(probing()!.at);
    await until(() => Boolean(add()) && ended.size > settings.health.failureThreshold, "probes that fail in a row");
    const finding = { kind: "secret", secret: "scrape", fault: "NotFound" };
    expect(probing()).toMatchObject({ failure: "CredentialsMissing", finding, failures: 0, isDown: false });
    await until(() => (sampler.readings(key).get(pod.uid)?.failures ?? 0) > 0, "a sample that fails");
    expect(sampler.readings(key).get(pod.uid)).toMatchObject({ failure: "CredentialsMissing", finding, samples: [] });
    expect(accepted()).toBe(0);
  });

  test("and does not take what it is shown, as a new one may reach it late, is not down for it", async () => {
    const { pod } = await serveGuarded();
    const sampler = startSampler(cleanups, {
      credentials: credentialSources(() => ({ username: "scrape", password: "old" })),
    });
    const settings = followAndProbe(sampler, pod, { interval: "200ms", timeout: "190ms" });
    const ended = new Set<number>();
    const add = () => sampler.probings(key).get(pod.uid)?.failure && ended.add(sampler.probings(key).get(pod.uid)!.at);
    await until(
      () => Boolean(add()) && ended.size > settings.health.failureThreshold,
      "probes that are refused in a row",
    );
    const finding = { kind: "status", status: 401 };
    expect(sampler.probings(key).get(pod.uid)).toMatchObject({ failure: "CredentialsRefused", finding, isDown: false });
  });
});
