import { parseAllDocuments } from "yaml";
import { blocksOf } from "./pages.ts";

/** What a fragment of a spec stands in. */
const rest = {
  targetRef: { name: "web" },
  ports: [{ port: 80 }],
  metrics: { source: { http: { connections: { name: "open" }, load: { name: "load" } } } },
};

const isFragment = (shown: object): boolean => "scaling" in shown || "metrics" in shown || "strategy" in shown;

/** The pools that a page shows, whole; fragments of a spec in a pool that has the rest. */
export const shownPools = (page: string) =>
  blocksOf(page)
    .filter(({ language }) => language === "yaml")
    .flatMap(({ text }) => parseAllDocuments(text).map((document) => document.toJS()))
    .flatMap((shown) => {
      if (shown.kind === "LoadBalancerPool") return [shown];
      const head = { apiVersion: "evenkeel.io/v1alpha1", kind: "LoadBalancerPool", metadata: { name: "shown" } };
      return isFragment(shown) ? [{ ...head, spec: { ...rest, ...shown } }] : [];
    });
