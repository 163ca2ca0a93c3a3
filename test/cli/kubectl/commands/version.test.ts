import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../../../package.json" with { type: "json" };
import { createFeed } from "../../../../src/serve/feed.ts";
import { serveFeed } from "../../../serve/serving.ts";
import { Plugin } from "../plugin.ts";

let plugin: Plugin;

beforeAll(async () => {
  plugin = await Plugin.build();
});

afterAll(() => plugin?.remove());

const serveVersion = async (version: string, isOpen = true) => {
  const replica = () => ({ identity: "evenkeel-7d9c_1a2b", version, leads: false, leader: "evenkeel-x2k1_77aa" });
  const feed = createFeed({ now: Date.now, replica });
  const knows = async () => ({ kind: "unknown" as const, detail: "who are you?" });
  const { server } = await serveFeed({ feed, ...(!isOpen && { access: { isOpen: false, knows, may: knows } }) });
  return server.url;
};

describe("version", () => {
  test("tells its own alone, without any cluster", async () => {
    expect(await plugin.run(["version", "--client"])).toEqual({
      code: 0,
      stdout: `Client version: ${manifest.version}\n`,
      stderr: "",
    });
    const { stdout } = await plugin.run(["version", "--client", "-o", "json"]);
    expect(JSON.parse(stdout)).toEqual({
      client: {
        version: manifest.version,
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      },
    });
  });

  test("tells that of the replica that answers, too", async () => {
    const url = await serveVersion(manifest.version);
    expect(await plugin.run(["version", "--operator-url", url])).toEqual({
      code: 0,
      stdout: `Client version: ${manifest.version}\nOperator version: ${manifest.version} (evenkeel-7d9c_1a2b, follows evenkeel-x2k1_77aa)\n`,
      stderr: "",
    });
    const { stdout } = await plugin.run(["version", "--operator-url", url, "-o", "yaml"]);
    expect(parse(stdout).operator).toEqual({
      version: manifest.version,
      identity: "evenkeel-7d9c_1a2b",
      leads: false,
      leader: "evenkeel-x2k1_77aa",
    });
  });

  test("warns where the two are too far apart", async () => {
    const { code, stdout, stderr } = await plugin.run(["version", "--operator-url", await serveVersion("7.0.0")]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `Warning: The client (${manifest.version}) and the operator (7.0.0) are more than a minor version apart: use a client of the operator's version.\n`,
    });
    expect(stdout).toContain("Operator version: 7.0.0");
  });

  test("says why the operator does not tell", async () => {
    const { code, stdout, stderr } = await plugin.run([
      "version",
      "--operator-url",
      await serveVersion("7.0.0", false),
    ]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: `Client version: ${manifest.version}\n`,
      stderr: "kubectl evenkeel: the operator does not say its version: who are you?\n",
    });
  });

  test("says that an operator is older, whose list does not say who tells it", async () => {
    const older = createServer((_, response) => void response.end(JSON.stringify({ pools: [] })));
    onTestFinished(() => void older.close());
    await new Promise<void>((resolve) => void older.listen(0, "127.0.0.1", resolve));
    const { port } = older.address() as AddressInfo;
    expect(await plugin.run(["version", "--operator-url", `http://127.0.0.1:${port}`])).toEqual({
      code: 1,
      stdout: `Client version: ${manifest.version}\n`,
      stderr: "kubectl evenkeel: the operator does not say its version: it is older than this program\n",
    });
  });

  test("tells its own where no operator answers, and why", async () => {
    const gone = await plugin.run(["version", "--operator-url", "http://127.0.0.1:1"]);
    expect(gone).toEqual({
      code: 1,
      stdout: `Client version: ${manifest.version}\n`,
      stderr:
        "kubectl evenkeel: the operator at http://127.0.0.1:1 cannot be reached (ECONNREFUSED): check --operator-url\n",
    });
    const kubeconfig = await plugin.kubeconfig("http://127.0.0.1:1", "default");
    expect(await plugin.run(["version", "--kubeconfig", kubeconfig])).toMatchObject({
      code: 1,
      stdout: `Client version: ${manifest.version}\n`,
      stderr: expect.stringContaining("the API server http://127.0.0.1:1 cannot be reached (ECONNREFUSED)"),
    });
  });
});
