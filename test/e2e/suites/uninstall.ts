import { expect, test } from "vitest";
import type { KubeObject } from "../../tools/control-plane/client.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { documentCommands } from "../../tools/documents/document-commands.ts";
import type { Stage } from "../stage.ts";

const page = "docs/operating.md";
const soon = { timeout: 60_000, interval: 500 };

/** Of which the chart makes objects. */
const everyKind = [
  ...["deployments", "pods", "services", "serviceaccounts", "poddisruptionbudgets", "roles", "rolebindings"],
  ...["clusterroles", "clusterrolebindings", "validatingadmissionpolicies", "validatingadmissionpolicybindings"],
  "customresourcedefinitions",
].join();

/** A pod, and how often it began anew. */
const lifeOf = ({ metadata, status }: KubeObject): string =>
  `${metadata.name} ${metadata.uid} ${status.containerStatuses[0].restartCount}`;

export function testUninstall(stage: Stage): void {
  const helm = (...words: readonly string[]) => stage.helm([...words, "--namespace", "evenkeel", "--wait"]);
  async function follow(marker: string): Promise<void> {
    for (const command of await documentCommands(page, marker)) await stage.shell(command);
  }
  const lives = async () => (await stage.list("/api/v1/namespaces/default/pods", "app=hello")).map(lifeOf).sort();
  const services = async () =>
    (await stage.list("/api/v1/namespaces/default/services")).map(({ metadata }) => metadata.name);

  /** Nothing of the chart is left, and the workload is as it was. */
  async function expectGone(before: readonly string[], replicas: number): Promise<void> {
    await stage.kubectl(["wait", "--for=delete", "crd/loadbalancerpools.evenkeel.io", "--timeout=30s"]);
    const left = ["--all-namespaces", "--selector", "app.kubernetes.io/name=evenkeel", "--output", "name"];
    await expect.poll(() => stage.kubectl(["get", everyKind, ...left]), soon).toBe("");
    expect(await lives()).toEqual(before);
    expect(await stage.replicas("hello")).toBe(replicas);
  }

  test("gone with its CRD, it leaves workloads as they are, and nothing that its labels would not find", async () => {
    const [before, replicas] = [await lives(), await stage.replicas("hello")];
    await helm("upgrade", "evenkeel", "charts/evenkeel", "--reuse-values", "--set", "crds.keep=false");
    await helm("uninstall", "evenkeel");
    await expectGone(before, replicas);
    await follow("leftovers");
    expect(await services()).toEqual(["kubernetes"]);
    expect(await stage.slices("hello")).toEqual([]);
  });

  test("uninstalled for good as the page says, it takes along all that was its own", async () => {
    await helm("install", "evenkeel", "charts/evenkeel");
    await stage.kubectl(["apply", "--filename", "manifests/example.yaml"]);
    await waitFor(
      async () => {
        const [pods, endpoints] = [await stage.readyPods("hello"), await stage.readyEndpoints("hello")];
        return pods.length > 1 && pods.join() === endpoints.join();
      },
      "the pool to work again",
      { timeoutMs: 60_000, intervalMs: 500 },
    );
    const [before, replicas] = [await lives(), await stage.replicas("hello")];
    await follow("uninstall");
    await expectGone(before, replicas);
    await expect.poll(services, soon).toEqual(["kubernetes"]);
    await expect.poll(() => stage.slices("hello"), soon).toEqual([]);
  });
}
