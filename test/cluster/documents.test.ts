import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import type { ExplanationDocument, NextDocument, PoolDocument, PoolListDocument } from "../../src/serve/documents.ts";
import type { FollowersDocument } from "../../src/serve/followers-document.ts";
import { runProgram } from "../../tools/image/run-program.ts";
import { runbookCommands } from "../docs/runbook-commands.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { createOperatorService } from "../rigs/operator-service.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { Desk } from "../tools/documents/desk.ts";
import { type DocumentShell, documented } from "../tools/documents/document-shell.ts";
import { blocksOf, markedBlock, pages, root } from "../tools/documents/pages.ts";
import { shownPools } from "../tools/documents/shown-pools.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";

// The documents' commands, as they are, on the pool shop/checkout that they speak of.

const names = { NAMESPACE: "shop", "{namespace}": "shop", NAME: "checkout", "{name}": "checkout", POOL: "checkout" };
/** Where the documents have the operator. */
const shownUrl = "http://evenkeel.evenkeel:8080";
const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/loadbalancerpools.evenkeel.io";
/** An object of the chart. */
const installed = async (kind: string, name: string) =>
  parseAllDocuments(await readFile(join(root, "manifests", "install.yaml"), "utf8"))
    .map((document) => document.toJS())
    .find((object) => object.kind === kind && object.metadata.name === name);
const hasCurl = requirePart("curl", findProgram("curl") !== undefined);
const [readmePool] = blocksOf("README.md").filter(({ language }) => language === "yaml");

describeCluster("the documents", { needs: ["RBAC", "pods off loopback", "kubectl"] }, (cluster) => {
  let desk: Desk;
  let rig: Rig;
  let pods: RigPod[];
  let shell: DocumentShell;
  let url: string;

  const apply = (manifest: string, ...flags: readonly string[]) =>
    runProgram("kubectl", ["apply", "--namespace", "shop", "-f", "-", ...flags], {
      env: { PATH: join(desk.home, "bin"), HOME: desk.home },
      input: manifest,
    });

  /** Asks the operator what a document shows. */
  async function ask<T>(line: string, headers: Readonly<Record<string, string>> = {}) {
    const [method = "", path] = documented(line, names).split(" ");
    const answer = await request(`${url}${path}`, { method: method as "GET", headers });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, body: (text && JSON.parse(text)) as T };
  }
  const poolNow = async () => (await ask<PoolDocument>("GET /v1/pools/NAMESPACE/NAME")).body;
  const served = (wanted: (pool: PoolDocument) => boolean, what: string) =>
    waitFor(async () => wanted(await poolNow()), `the pool to be served ${what}`);
  const connectionsOf = ({ endpoints }: PoolDocument) =>
    Object.fromEntries(endpoints.map(({ pod, connections }) => [pod, connections]));

  beforeAll(async () => {
    desk = await Desk.open(cluster, "shop");
    rig = await Rig.start(cluster, { namespace: "shop" });
    pods = await rig.deploy("checkout-app", 3);
    rig.setLoad(0, 96);
    await rig.createDeployment({ name: "evenkeel", replicas: 1, labels: { "app.kubernetes.io/name": "evenkeel" } });
    const [seat] = (await rig.waitForPods("evenkeel", 1)) as [RigPod];
    shell = desk.shell({ EVENKEEL_HTTP_HOST: seat.address, EVENKEEL_HTTP_PORT: "0", EVENKEEL_PAGE_PORT: "0" });
    // On a cluster that has never seen a pool.
    await rig.client.call("DELETE", crdPath);
    await waitFor(async () => (await rig.client.request("GET", crdPath)).status === 404, "the CRD to be gone");
    const operator = shell.startBlock("docs/quick-start.md", "cluster", "run-from-here");
    url = await operator.wrote(/"url":"(http[^"]+)"/);
    const pools = "/apis/evenkeel.io/v1alpha1/loadbalancerpools";
    await waitFor(async () => (await rig.client.request("GET", pools)).status === 200, "pools to be served");
    await createOperatorService(rig, seat, Number(new URL(url).port));
    await desk.redirectCurl(shownUrl, url);
  });
  afterAll(async () => {
    await shell?.close();
    await rig?.stop();
    await desk?.close();
  });

  test("build what they say", async () => {
    // Before everything else, by the desk: npm run build.
    const built = await readdir(join(root, "dist"));
    expect(built).toEqual(
      expect.arrayContaining(["main.mjs", "client.mjs", "kubectl-evenkeel", "kubectl_complete-evenkeel", "page"]),
    );
  });

  test("show pools that the API server takes", async () => {
    const shown = pages.flatMap(shownPools);
    expect(shown.length).toBeGreaterThan(1);
    for (const pool of shown) expect(await apply(stringify(pool), "--dry-run=server")).toContain("server dry run");
  });

  describe("on the README's pool", () => {
    beforeAll(async () => {
      await apply(readmePool!.text);
      await served(({ endpoints }) => endpoints.every(({ load }) => load === 48), "with the load of its pods");
      await rig.waitForStatus("checkout", ({ load }) => load === "48%/50%", "as the README shows it");
    });

    test("the API server shows what the README shows", async () => {
      const shown = blocksOf("README.md").find(({ text }) => text.startsWith("NAME "))!.text;
      const withoutAge = (table: string) => table.trim().replaceAll(/ +\S+$/gm, "");
      expect(withoutAge(await shell.run("kubectl get lbp"))).toBe(withoutAge(shown));
    });

    test("it makes a Service without a selector, and slices", async () => {
      const service = await rig.client.call("GET", rig.path("v1", "services", "checkout"));
      expect(service.spec.selector).toBeUndefined();
      await rig.waitForEndpoints("checkout", (all) => all.length === 3, "3");
    });

    test("kubectl explains every field, lists the endpoints and waits", async () => {
      const fields = await waitFor(
        () => shell.run("kubectl explain lbp.spec").catch(() => undefined),
        "the schema to be published",
      );
      for (const field of ["targetRef", "strategy", "metrics", "scaling"]) expect(fields).toContain(`  ${field}\t<`);
      for (const command of ["kubectl get lbp checkout -o yaml", "kubectl get lbp NAME -o yaml"]) {
        const { status } = parse(await shell.run(command, { names }));
        expect(status.endpoints).toHaveLength(3);
        for (const { reason } of status.endpoints) expect(reason).toMatch(/connections/);
        expect(status.conditions.map(({ type }: { type: string }) => type)).toContain("Ready");
      }
      expect(await shell.run("kubectl wait --for=condition=Ready lbp/checkout")).toContain("condition met");
      expect(await shell.run("kubectl get lease -n NAMESPACE", { names })).toMatch(/^evenkeel +\S+_[0-9a-f]{8} /m);
    });

    test("kubectl evenkeel and evenkeel show the pool", async () => {
      const status = await shell.run("kubectl evenkeel status checkout");
      expect(status).toContain("shop/checkout  LeastConnections over Deployment/checkout-app");
      expect(status).toContain("ready 3/3   replicas 3   load 48%/50%   scaling Auto 2-20   samples Http");
      for (const { name } of pods) expect(status).toContain(name);
      expect(await shell.run("npm run evenkeel -- status")).toMatch(/^checkout +LeastConnections +3\/3 /m);
    });

    test("explain shows the arithmetic, to whoever has the rights that the document names", async () => {
      const explained = await shell.run("kubectl evenkeel explain", { more: "shop/checkout --full" });
      expect(explained).toMatch(/^ +published +\d+ {2}= /m);
      expect(explained).toContain("Scaling: hold WithinLimit");
      const asker = await addUser(cluster, { name: "asker" });
      const options = { more: "shop/checkout --operator-namespace shop", env: { KUBECONFIG: asker.kubeconfigPath } };
      await expect(shell.run("kubectl evenkeel explain", options)).rejects.toThrow(
        "may not look for the operator in shop",
      );
      const { rules } = await installed("Role", "evenkeel-explain");
      const rbac = (kind: string) => rig.path("rbac.authorization.k8s.io/v1", kind);
      const [apiGroup, metadata] = ["rbac.authorization.k8s.io", { name: "asker" }];
      await rig.client.call("POST", rbac("roles"), { body: { metadata, rules } });
      const subjects = [{ apiGroup, kind: "User", name: "asker" }];
      const roleRef = { apiGroup, kind: "Role", name: "asker" };
      await rig.client.call("POST", rbac("rolebindings"), { body: { metadata, subjects, roleRef } });
      const allowed = () => shell.run("kubectl evenkeel explain", options).catch(() => undefined);
      expect(await waitFor(allowed, "the rights of the Role")).toContain("published");
    });

    test("drain empties a pod and lets it back, pause and resume hold the replicas", async () => {
      const [{ name, fake }] = pods as [RigPod, ...RigPod[]];
      fake.connections = 0;
      const drained = await shell.run("kubectl evenkeel drain POD", { names: { POD: name } });
      expect(drained).toContain(`${name} is drained: out of the list, no connections left.`);
      await served(({ endpoints }) => endpoints.length === 2, "without the pod");
      fake.connections = 96;
      await shell.run("kubectl evenkeel drain POD", { names: { POD: name }, more: "--undo" });
      await served(({ endpoints }) => endpoints.length === 3, "with the pod again");
      await shell.run("kubectl evenkeel pause POOL", { names });
      await rig.waitForCondition("checkout", "ScalingActive", "False/Paused");
      await shell.run("kubectl evenkeel pause POOL", { names: { ...names, pause: "resume" } });
      await rig.waitForCondition("checkout", "ScalingActive", "True/WithinLimit");
    });

    test("every command of the runbooks does what is said of it", async () => {
      const [name, account] = ["evenkeel-lease", { kind: "ServiceAccount", name: "evenkeel", namespace: "shop" }];
      const { rules } = await installed("Role", name);
      const [apiGroup, metadata] = ["rbac.authorization.k8s.io", { name }];
      const roleRef = { apiGroup, kind: "Role", name };
      await rig.client.call("POST", rig.path(`${apiGroup}/v1`, "roles"), { body: { metadata, rules } });
      const body = { metadata, subjects: [account], roleRef };
      await rig.client.call("POST", rig.path(`${apiGroup}/v1`, "rolebindings"), { body });
      const secret = { metadata: { name: "evenkeel-tls" }, stringData: { "tls.crt": cluster.ca } };
      await rig.client.call("POST", rig.path("v1", "secrets"), { body: secret });
      // The operator runs beside the cluster: what is started anew has no pods.
      await rig.createDeployment({ name: "spare", replicas: 0 });
      const filled = { ...names, "deployment/evenkeel": "deployment/spare", SECRET: "evenkeel-tls" };
      for (const [command, wanted] of Object.entries(runbookCommands)) {
        const run = () => shell.run(command, { names: filled }).catch(String);
        await expect.poll(run, { message: command }).toMatch(wanted);
      }
      await shell.run("kubectl evenkeel pause POOL", { names: { ...names, pause: "resume" } });
      await rig.waitForCondition("checkout", "ScalingActive", "True/WithinLimit");
    });

    test("another replica serves the page, and reads alone", async () => {
      const replica = shell.start("evenkeel run --page");
      const page = await replica.wrote(/"page":"(http[^"]+)"/);
      const answer = await waitFor(async () => {
        const list = await request(`${page}${documented("GET /v1/pools").split(" ")[1]}`);
        const { pools } = (await list.body.json()) as PoolListDocument;
        return pools.some(({ name }) => name === "checkout") && request(page);
      }, "the page to know the pool");
      expect(answer.headers["content-type"]).toContain("text/html");
      expect(await answer.body.text()).toContain("<title>");
      const refused = await request(page, { method: "POST" });
      expect(refused.statusCode).toBe(405);
      await refused.body.dump();
      await replica.interrupt();
    });

    test("the operator answers the requests of the table", async () => {
      const list = await ask<PoolListDocument>("GET /v1/pools");
      expect(list.body.pools).toMatchObject([{ namespace: "shop", name: "checkout", ready: "True", endpoints: 3 }]);
      const next = await ask<NextDocument>("GET /v1/pools/NAMESPACE/NAME/next?n=3");
      expect(new Set(next.body.endpoints.map(({ pod }) => pod))).toEqual(new Set(pods.map(({ name }) => name)));
      const explained = await ask<ExplanationDocument>("GET /v1/pools/NAMESPACE/NAME/explain");
      expect(explained.body.pods).toHaveLength(3);
      const { body } = await ask<PoolDocument>("GET /v1/pools/{namespace}/{name}");
      expect(body.endpoints.map(({ rank }) => rank)).toEqual([1, 2, 3]);
      for (const { weight, connections, load, ageMs, reason } of body.endpoints) {
        expect({ connections, load }).toEqual({ connections: 96, load: 48 });
        expect([weight > 0, ageMs! >= 0, reason !== ""]).toEqual([true, true, true]);
      }
      expect(body.decision).toMatchObject({ reason: "WithinLimit" });
      expect(body.excluded).toEqual([]);
    });

    test("who has the plan already gets it not again, and who names himself gets a list", async () => {
      const status = await waitFor(async () => {
        const { headers } = await ask("GET /v1/pools/NAMESPACE/NAME");
        return (await ask("GET /v1/pools/NAMESPACE/NAME", { "if-none-match": String(headers.etag) })).status === 304;
      }, "304 between two plans");
      expect(status).toBe(true);
      expect((await poolNow()).list).toBeUndefined();
      const named = await request(`${url}/v1/pools/shop/checkout?client=edge-1`);
      const { list } = (await named.body.json()) as PoolDocument;
      expect(new Set(list!.map(({ pod }) => pod))).toEqual(new Set(pods.map(({ name }) => name)));
    });

    test("a watch begins with the same document, in an event that can be gone on from", async () => {
      const [, path] = documented("GET /v1/pools/NAMESPACE/NAME/watch", names).split(" ");
      const answer = await request(`${url}${path}`);
      expect(answer.headers["content-type"]).toContain("text/event-stream");
      let text = "";
      for await (const part of answer.body) {
        text += part;
        if (!text.includes("\n\n")) continue;
        const { body } = await ask<FollowersDocument>("GET /v1/pools/NAMESPACE/NAME/followers");
        expect(body.followers).toMatchObject([{ consumer: "sse", version: /^id: (\S+)$/m.exec(text)![1] }]);
        break;
      }
      expect(text).toMatch(/^id: \S+$/m);
      const document = JSON.parse(/^data: (.*)$/m.exec(text)![1]!) as PoolDocument;
      expect(document).toMatchObject({ namespace: "shop", name: "checkout" });
      expect(document.endpoints).toHaveLength(3);
    });

    test("deleting the pools takes their Services and slices, and leaves the replicas", async () => {
      expect(await shell.run("kubectl delete lbp --all -A")).toContain('"checkout" deleted');
      const service = rig.path("v1", "services", "checkout");
      // The garbage collector looks for new kinds, such as ours here, every 30 s.
      const isGone = async () => (await rig.client.request("GET", service)).status === 404;
      await waitFor(isGone, "the Service to be gone");
      await waitFor(async () => (await rig.slices("checkout")).length === 0, "the slices to be gone");
      expect(await rig.replicas("checkout-app")).toBe(3);
    });
  });

  describe("on a pool that clients report to", () => {
    beforeAll(async () => {
      const source = { push: { expiry: "4s" } };
      await rig.applyPool("checkout", {
        targetRef: { name: "checkout-app" },
        metrics: { interval: "500ms", timeout: "400ms", source },
      });
      await served(({ endpoints }) => endpoints.length === 3, "with its pods");
    });

    test.skipIf(!hasCurl)("curl reports as the document shows, and hears what is unknown", async () => {
      const [first, second] = pods as [RigPod, RigPod];
      const strangers = JSON.parse(await shell.runBlock("docs/consumers.md", "cluster", "report"));
      expect(strangers).toMatchObject({
        client: "edge-1",
        expiryMs: 4_000,
        unknown: ["checkout-7c9d-x2x", "10.0.0.12"],
      });
      const known = { "checkout-7c9d-x2x": first.name, "10.0.0.12": second.address };
      const report = () => shell.runBlock("docs/consumers.md", "cluster", "report", { names: known });
      expect(JSON.parse(await report())).toMatchObject({ unknown: [] });
      await served((pool) => connectionsOf(pool)[first.name] === 3, "with what was reported");
      await waitFor(
        async () => {
          const counts = connectionsOf(await poolNow());
          await report();
          return counts[first.name] === 3 && counts[second.name] === 5;
        },
        "both counts",
        { intervalMs: 500 },
      );
      const path = documented("PUT /v1/pools/NAMESPACE/NAME/connections?client=ID", { ...names, ID: "edge-1" });
      const taken = await request(`${url}${path.split(" ")[1]}`, { method: "DELETE" });
      expect(taken.statusCode).toBeLessThan(300);
      await taken.body.dump();
      await served((pool) => Object.values(connectionsOf(pool)).every((count) => count === undefined), "unmeasured");
    });

    test("the program of the document follows the pool, and reports what it has in flight", async () => {
      const { text } = markedBlock("docs/consumers.md", "cluster", "javascript");
      const asked = /^\/\/ … a request to endpoint\.address and endpoint\.port …$/m;
      expect(text).toMatch(asked);
      // The request goes on until we have seen it reported.
      const asking =
        'await fetch("http://" + endpoint.address + ":" + endpoint.port);\nfor await (const _ of process.stdin);';
      const program = text.replace(shownUrl, url).replace(asked, asking);
      const file = await desk.writeProgram(
        "client.mjs",
        `${program}\nconsole.log(JSON.stringify({ server, endpoint }));`,
      );
      const child = spawn(process.execPath, [file], { stdio: ["pipe", "pipe", "inherit"] });
      onTestFinished(() => void child.kill());
      const printed = readText(child.stdout);
      await served((pool) => Object.values(connectionsOf(pool)).includes(1), "with the request in flight");
      child.stdin.end();
      const { server, endpoint } = JSON.parse(await printed);
      expect(["10.0.0.1:8080", "10.0.0.2:8080"]).toContain(server.id);
      expect(pods.find(({ address }) => address === endpoint.address)?.fake.requests).toBe(1);
      await served((pool) => !Object.values(connectionsOf(pool)).includes(1), "without what was taken back");
    });

    test("programs that do not pick themselves send their requests to the pods", async () => {
      const { text } = markedBlock("docs/consumers.md", "cluster", "carriers");
      const before = pods.map(({ fake }) => fake.requests);
      const rest = `
        await new Promise((resolve) => setTimeout(resolve, 500));
        const text = (await answer.text()) + (await body.text());
        agent.destroy();
        await dispatcher.close();
        await pool.close();
        console.log(JSON.stringify({ read: text.length, open: pool.balancer.list().map(({ inFlight }) => inFlight) }));`;
      const file = await desk.writeProgram(
        "carriers.mjs",
        text.replace(shownUrl, url).replaceAll("http://checkout/", "http://checkout:80/") + rest,
      );
      const { read, open } = JSON.parse(await runProgram(process.execPath, [file]));
      expect(read).toBeGreaterThan(0);
      expect(open).toEqual([0, 0, 0]);
      const asked = pods.map(({ fake }, index) => fake.requests - before[index]!);
      expect(asked.reduce((sum, count) => sum + count)).toBe(3);
    });
  });

  describe("on databases", () => {
    /** What each pod was asked while the program of the document ran, with a `send` that asks pods. */
    async function requestsOf(block: string, send: string, rest: string, replace: (text: string) => string) {
      const { text } = markedBlock("docs/consumers.md", "cluster", block);
      const before = pods.map(({ fake }) => fake.requests);
      const file = await desk.writeProgram(`${block}.mjs`, `${send}\n${replace(text)}\n${rest}`);
      await runProgram(process.execPath, [file]);
      return pods.map(({ fake }, index) => fake.requests - before[index]!);
    }

    test("the program of a pool writes to all, and reads from one", async () => {
      const asked = { probe: { type: "TCP" } };
      const spec = { targetRef: { name: "checkout-app" }, strategy: { type: "RoundRobin" }, metrics: asked };
      await rig.applyPool("orders", { ...spec, access: { writers: { all: {} } } });
      const [, path] = documented("GET /v1/pools/NAMESPACE/NAME", { ...names, NAME: "orders" }).split(" ");
      await waitFor(async () => {
        const { writers } = (await (await fetch(`${url}${path}`)).json()) as PoolDocument;
        return writers?.length === 3;
      }, "the write list");
      const send = `const send = (host, port) => fetch("http://" + host + ":" + port);`;
      const rest = `await write("INSERT"); await read("SELECT"); await pool.close();`;
      const counts = await requestsOf("databases-of-a-pool", send, rest, (text) => text.replace(shownUrl, url));
      expect(counts.toSorted()).toEqual([1, 1, 2]);
    });

    test("the program of a list writes to all, and reads from one", async () => {
      const [first, second] = pods as [RigPod, RigPod];
      const place = (text: string) =>
        text.replace("10.0.0.1:5432", `${first.address}:8080`).replace("10.0.0.2:5432", `${second.address}:8080`);
      const send = `const send = (id) => fetch("http://" + id);`;
      const rest = `await write("INSERT"); await read("SELECT");`;
      const counts = await requestsOf("databases-of-a-list", send, rest, place);
      expect([counts.slice(0, 2).toSorted(), counts[2]]).toEqual([[1, 2], 0]);
    });
  });
});
