import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { expectShares } from "../../rigs/grpc/expect-shares.ts";
import { grpcBlock, grpcClients, plainGrpcJs } from "../../rigs/grpc/grpc-clients.ts";
import { GrpcStage } from "../../rigs/grpc/grpc-stage.ts";
import { grpcClientSuite } from "../../suites/grpc-client.ts";
import { root } from "../../tools/documents/pages.ts";

for (const kind of grpcClients) grpcClientSuite(kind);

test("grpc-js without the line of the page loses no call, and connects anew with each change", async () => {
  const stage = await GrpcStage.start();
  onTestFinished(() => stage.stop());
  const serving = await stage.follow(plainGrpcJs, { a: 500, b: 1_500 });
  await stage.publish(serving, { b: 500, a: 1_500 });
  expectShares(await stage.client.send({ calls: 2_000 }), { a: 0.75, b: 0.25 });
  // Where this is 1, grpc-js has mended it: the page can do without its line.
  expect(stage.accepted()).toEqual({ a: 2, b: 2, c: 0 });
});

test("the page's variable in a Deployment says what its file says, of the pod", () => {
  const { env } = parse(grpcBlock("env"));
  const value = env.find(({ name }: { name: string }) => name === "GRPC_XDS_BOOTSTRAP_CONFIG").value;
  const file = JSON.parse(grpcBlock("bootstrap"));
  expect(JSON.parse(value)).toEqual({ ...file, node: { ...file.node, id: "$(POD_NAME)" } });
});

test("the lines of the page are those of the clients", () => {
  const linesOf = (text: string) => text.split("\n").map((line) => line.trim());
  const go = linesOf(readFileSync(join(root, "test/tools/grpc-go/main.go"), "utf8"));
  const shown = linesOf(grpcBlock("go").replace('"xds:///checkout.shop"', "target"));
  expect(shown.filter((line) => !go.includes(line))).toEqual([]);
  const java = linesOf(readFileSync(join(root, "test/tools/grpc-java/src/main/java/Client.java"), "utf8"));
  const shownJava = linesOf(grpcBlock("java").replace('"xds:///checkout.shop"', "target"));
  expect(shownJava.filter((line) => !java.includes(line))).toEqual([]);
});
