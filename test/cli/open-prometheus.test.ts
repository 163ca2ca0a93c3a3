import { expect, test } from "vitest";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { openPrometheus } from "../../src/cli/open-prometheus.ts";
import { runFlags } from "../../src/cli/run-flags.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { mountSecret } from "../rigs/secret-folder.ts";

const log = createLog({ level: "error", pretty: false });
const open = async (...args: string[]) => openPrometheus(readFlags(runFlags, args), log);

test("an operator whose flags say nothing of Prometheus asks none, whatever else they say", async () => {
  expect(await open()).toBeUndefined();
  expect(await open("--kubeconfig", "file", "--http-port", "0", "--xds-bind", ":18000")).toBeUndefined();
});

test.each([
  ["ftp://prometheus", /http/],
  ["prometheus:9090", /http/],
  ["https://ops:secret@prometheus", /no user/],
  ["https://prometheus?dedup=true", /no query/],
  ["https://prometheus#a", /no fragment|no query/],
])("%s is no address", async (address, why) => {
  await expect(open("--query-address", address)).rejects.toThrow(why);
});

test.each([
  [["--http-port", "0", "--query-tenant", "shops"], /--query-tenant is of no use alone/],
  [["--query-insecure"], /--query-insecure is of no use alone/],
  [["--query-address", "https://a", "--query-token-file", "a", "--query-basic-auth-file", "b"], /exclude each other/],
  [["--query-address", "http://a", "--query-token-file", "a"], /must be of https/],
  [["--query-address", "http://a", "--query-ca-file", "a"], /nobody shows a certificate/],
  [["--query-address", "https://a", "--query-token-file", "/nowhere/token"], /nowhere/],
  [["--query-address", "https://a", "--query-tenant", "a\r\nb"], /ASCII/],
  [["--query-address", "https://a", "--query-labels", "cluster"], /LABEL=VALUE/],
  [["--query-address", "https://a", "--query-labels", "namespace=shop"], /namespace is put in anyway/],
])("%j is refused at the start", async (args, why) => {
  await expect(open(...args)).rejects.toThrow(why);
});

test("labels are put into what is asked", async () => {
  const opened = await open("--query-address", "https://a", "--query-labels", "cluster=east, region=eu=1");
  expect(opened!.labels).toEqual({ cluster: "east", region: "eu=1" });
  await opened!.close();
});

test("a token goes over plain HTTP where that is allowed", async () => {
  const secret = await mountSecret({ token: "a" });
  const flags = ["--query-address", "http://a", "--query-token-file", secret.path("token"), "--query-insecure"];
  const opened = await open(...flags);
  expect(opened).toBeDefined();
  await opened!.close();
});
