import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchLabels } from "../../../src/decide/membership/selector.ts";
import type { Pod } from "../../../src/decide/world.ts";
import { Members } from "../../../src/observe/cluster/members.ts";
import { pod } from "../../builders/builders.ts";

const selectors = {
  "app=web": matchLabels({ app: "web" }),
  "app=web,tier=a": matchLabels({ app: "web", tier: "a" }),
  "app=db": matchLabels({ app: "db" }),
};
const texts = Object.keys(selectors) as (keyof typeof selectors)[];

/** A namespace's pods by name, with members that are told of each change, and how often all pods were looked at. */
function start() {
  const pods = new Map<string, Pod>();
  let looks = 0;
  const members = new Members<Pod>((namespace) => {
    looks += 1;
    return [...pods.values()].filter((each) => each.namespace === namespace);
  });
  const put = (name: string, current: Pod | undefined): void => {
    const previous = pods.get(name);
    if (current) pods.set(name, current);
    else pods.delete(name);
    if (!current && !previous) return;
    members.onPod({ key: `shop/${name}`, ...(current && { current }), ...(previous && { previous }) });
  };
  const of = (text: keyof typeof selectors, key = `shop/${text}`) => members.of("shop", key, selectors[text], text);
  return { pods, members, put, of, looks: () => looks };
}

const anyChange = fc.record({
  name: fc.constantFrom("a", "b", "c", "d", "e"),
  uid: fc.constantFrom("1", "2", "3"),
  gone: fc.boolean(),
  labels: fc.constantFrom({ app: "web" }, { app: "web", tier: "a" }, { app: "db" }, { app: "else" }),
  ask: fc.constantFrom(...texts),
});

test("whatever happens to pods, those of a selector are known as if all were looked at", () =>
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 40 }), (changes) => {
      const { pods, put, of } = start();
      for (const { name, uid, gone, labels, ask } of changes) {
        put(name, gone ? undefined : pod(name, { uid: `${name}-${uid}`, labels }));
        const expected = [...pods.values()]
          .filter((each) =>
            selectors[ask].every((part) => "values" in part && part.values[0] === each.labels[part.key]),
          )
          .sort((a, b) => (a.uid < b.uid ? -1 : 1));
        expect(of(ask)).toEqual(expected);
      }
    }),
  ));

describe("all pods of a namespace", () => {
  test("are looked at once for each selector, and not for a change", () => {
    const { put, of, looks } = start();
    for (let number = 0; number < 20; number += 1) put(`web-${number}`, pod(`web-${number}`));
    const before = of("app=web");
    put("web-3", undefined);
    put("web-99", pod("web-99"));
    expect([before.length, of("app=web").length, looks()]).toEqual([20, 20, 1]);
    expect(before.some(({ name }) => name === "web-3")).toBe(true);
  });

  test("are looked at again for another selector, after a deletion of the pool, and where all is to be forgotten", () => {
    const { members, put, of, looks } = start();
    put("web-1", pod("web-1"));
    of("app=web", "shop/pool");
    expect(of("app=db", "shop/pool")).toEqual([]);
    members.forget("shop", "shop/pool");
    of("app=db", "shop/pool");
    members.clear();
    of("app=db", "shop/pool");
    expect(looks()).toBe(4);
  });
});
