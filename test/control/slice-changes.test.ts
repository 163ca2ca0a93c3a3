import { beforeEach, expect, test } from "vitest";
import type { Slice } from "../../src/act/slice.ts";
import { Slices } from "../../src/act/slices.ts";
import { onSlice } from "../../src/control/caches.ts";
import { keyOf } from "../../src/key.ts";
import { Cluster } from "../../src/observe/cluster/cluster.ts";
import { TargetPods } from "../../src/observe/targets/target-pods.ts";
import { openFence } from "../act/open-fence.ts";
import { sliceOf } from "../act/slices.ts";
import { poolOf } from "../rigs/embedded-stage.ts";

let slices: Slices;
let show: (change: { current?: Slice; previous?: Slice }) => string[];

/** Pools `a` and `b` publish on Services of their names, and `beside` on that of `a`. */
beforeEach(() => {
  slices = new Slices(openFence({ now: () => 0 }));
  let woken = new Set<string>();
  const wake = (key: string) => woken.add(key);
  const cluster = new Cluster({
    allowLoopback: false,
    wake,
    wakeMarks: () => {},
    slices,
    targets: new TargetPods({
      targets: { get: () => ({ kind: "unread" }), hurry: () => {}, forget: () => {} },
      owners: { controllerOf: () => ({ kind: "unread" }) },
      now: () => 0,
    }),
    statusOf: () => ({}),
    autoscalersUnread: () => undefined,
    entriesOf: () => undefined,
  });
  for (const [name, service] of Object.entries({ a: "a", b: "b", beside: "a" })) {
    const metadata = { name, namespace: "shop", uid: `uid-${name}` };
    cluster.onPool({
      key: keyOf(metadata),
      current: cluster.toPool({ ...poolOf(name, { publish: { service } }), metadata }),
    });
  }
  const follow = onSlice({ slices, cluster, wake });
  show = (change) => {
    woken = new Set();
    follow({ key: "shop/a-evenkeel-1", ...change });
    return [...woken].sort();
  };
});

const sliceOfPool = (owner: string | undefined, version: string, service = "a"): Slice => {
  const slice = sliceOf("a-evenkeel-1", []);
  const ownerReferences =
    owner === undefined
      ? []
      : [
          {
            apiVersion: "evenkeel.io/v1alpha1",
            kind: "LoadBalancerPool",
            name: owner,
            uid: `uid-${owner}`,
            controller: true,
          },
        ];
  const labels = { ...slice.metadata.labels, "kubernetes.io/service-name": service };
  return { ...slice, metadata: { ...slice.metadata, labels, ownerReferences, resourceVersion: version } };
};

test("wakes its pool and the others on the Service when somebody changed it", () => {
  expect(show({ current: sliceOfPool("a", "1") })).toEqual(["shop/a", "shop/beside"]);
});

test("wakes only the others when its pool wrote it, before the answer or after it", async () => {
  const written = sliceOfPool("a", "2");
  await slices.during(written, async () => {
    expect(show({ current: written, previous: sliceOfPool("a", "1") })).toEqual(["shop/beside"]);
    slices.note({ uid: "uid-a", isOver: false }, written);
  });
  expect(show({ current: written, previous: sliceOfPool("a", "1") })).toEqual(["shop/beside"]);
});

test("wakes those on the Service that it was taken to when its pool takes it back", async () => {
  const written = sliceOfPool("a", "2");
  await slices.during(written, async () => {
    expect(show({ current: written, previous: sliceOfPool("a", "1", "b") })).toEqual(["shop/b", "shop/beside"]);
    slices.note({ uid: "uid-a", isOver: false }, written);
  });
});

test("wakes its former pool at once when somebody took its owner away", async () => {
  await slices.during(sliceOfPool("a", "2"), async () => {
    const change = { current: sliceOfPool(undefined, "3"), previous: sliceOfPool("a", "1") };
    expect(show(change)).toEqual(["shop/a", "shop/beside"]);
  });
});

test("wakes its pool when it is gone, and no pool that is not there", () => {
  expect(show({ previous: sliceOfPool("a", "1") })).toEqual(["shop/a", "shop/beside"]);
  expect(show({ previous: sliceOfPool("former", "1") })).toEqual(["shop/a", "shop/beside"]);
});
