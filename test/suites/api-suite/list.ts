import { beforeAll, describe, expect, it } from "vitest";
import { pod, type Session, unique } from "./session.ts";

export function listCases(session: () => Session): void {
  describe("list", () => {
    const group = unique("group");
    const names = ["a", "b", "c", "d", "e"].map((letter) => `${group}-${letter}`);
    const inGroup = { labelSelector: `group=${group}` };
    const letters = (found: readonly string[]) => found.map((name) => name.at(-1)).join("");

    beforeAll(async () => {
      for (const [index, name] of names.entries()) {
        const labels = { group, parity: index % 2 === 0 ? "even" : "odd", ...(index === 0 ? { first: "" } : {}) };
        await session().createWidget({ size: index + 1 }, { metadata: { labels } }, name);
      }
    });

    it("gives the objects by name, and a resourceVersion to watch from", async () => {
      const list = await session().get(session().widgets, inGroup);
      expect(list).toMatchObject({ kind: "WidgetList", apiVersion: "suite.evenkeel.io/v1" });
      expect(list.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(names);
      const newest = Math.max(
        ...list.items.map((item: { metadata: { resourceVersion: string } }) => Number(item.metadata.resourceVersion)),
      );
      expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(newest);
    });

    it.each([
      ["parity=even", "ace"],
      ["parity==odd", "bd"],
      ["parity!=odd", "ace"],
      ["parity in (odd, other)", "bd"],
      ["parity notin (odd)", "ace"],
      ["first", "a"],
      ["!first", "bcde"],
      ["first=", "a"],
      ["parity in (odd),!first", "bd"],
      ["parity=none", ""],
      ["constructor", ""],
      ["!constructor,parity=odd", "bd"],
      ["toString!=x,first", "a"],
    ])("selects by the labels %s", async (selector, expected) => {
      const found = await session().names(session().widgets, { labelSelector: `group=${group},${selector}` });
      expect(letters(found)).toBe(expected);
    });

    it("selects by name and namespace", async () => {
      const select = (fieldSelector: string) => session().names(session().widgets, { ...inGroup, fieldSelector });
      expect(letters(await select(`metadata.name=${names[1]}`))).toBe("b");
      expect(letters(await select(`metadata.name!=${names[1]}`))).toBe("acde");
      expect(letters(await select(`metadata.namespace=${session().api.namespace},metadata.name=${names[2]}`))).toBe(
        "c",
      );
      expect(await select("metadata.namespace=elsewhere")).toEqual([]);
    });

    it("refuses selectors that are none", async () => {
      await session().expect(400, "GET", session().widgets, { query: { labelSelector: "a b c" } });
      await session().expect(400, "GET", session().widgets, { query: { fieldSelector: "spec.size=1" } });
    });

    it("reaches across namespaces", async () => {
      expect(await session().names("/apis/suite.evenkeel.io/v1/widgets", inGroup)).toEqual(names);
    });

    it("is empty for a namespace that is not there", async () => {
      expect(await session().names("/apis/suite.evenkeel.io/v1/namespaces/no-such-place/widgets", {})).toEqual([]);
    });

    it("comes in pages that all show one moment", async () => {
      const first = await session().get(session().widgets, { ...inGroup, limit: "2" });
      const late = `${group}-bb`;
      await session().createWidget({ size: 1 }, { metadata: { labels: { group } } }, late);
      await session().expect(200, "DELETE", `${session().widgets}/${late}`);
      const found = [...first.items];
      let page = first;
      for (let pages = 1; page.metadata.continue && pages < 9; pages++) {
        page = await session().get(session().widgets, { ...inGroup, limit: "2", continue: page.metadata.continue });
        expect(page.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
        found.push(...page.items);
      }
      expect(found.map((item) => item.metadata.name)).toEqual(names);
    });

    it("says how many remain, unless a selector leaves that open", async () => {
      const all = await session().get(session().widgets);
      const page = await session().get(session().widgets, { limit: "2" });
      expect(page.items).toHaveLength(2);
      expect(page.metadata.remainingItemCount).toBe(all.items.length - 2);
      expect(
        (await session().get(session().widgets, { ...inGroup, limit: "2" })).metadata.remainingItemCount,
      ).toBeUndefined();
    });

    it("refuses a token that it did not give", async () => {
      await session().expect(400, "GET", session().widgets, { query: { limit: "1", continue: "nonsense" } });
    });

    it("shows an earlier state when asked for exactly that", async () => {
      const { metadata } = await session().get(session().widgets, inGroup);
      const { resourceVersion } = metadata;
      const late = `${group}-late`;
      await session().createWidget({ size: 1 }, { metadata: { labels: { group } } }, late);
      const exact = { ...inGroup, resourceVersion, resourceVersionMatch: "Exact" };
      expect(await session().names(session().widgets, exact)).toEqual(names);
      await session().expect(200, "DELETE", `${session().widgets}/${late}`);
    });

    it("shows the newest state, or a recent one for resourceVersion 0", async () => {
      expect(await session().names(session().widgets, { ...inGroup, resourceVersion: "0" })).toEqual(expect.any(Array));
      await session().expect(422, "GET", session().widgets, { query: { resourceVersionMatch: "Exact" } });
    });

    it("does not repeat the kind in the items of a built-in kind", async () => {
      const list = await session().get("/api/v1/namespaces");
      expect(list).toMatchObject({ kind: "NamespaceList", apiVersion: "v1" });
      expect(list.items.length).toBeGreaterThan(0);
      expect(list.items[0]).not.toHaveProperty("kind");
    });

    it("selects pods by phase and node", async () => {
      const name = unique("p");
      await session().create(`${session().core}/pods`, pod(name, { nodeName: "suite-node" }, { labels: { group } }));
      const select = (fieldSelector: string) =>
        session().names(`${session().core}/pods`, { ...inGroup, fieldSelector });
      expect(await select("spec.nodeName=suite-node,status.phase=Pending")).toEqual([name]);
      expect(await select("status.phase=Running")).toEqual([]);
      expect(await select("spec.nodeName=")).toEqual([]);
      await session().expect(200, "DELETE", `${session().core}/pods/${name}`, { query: { gracePeriodSeconds: "0" } });
    });
  });
}
