import { expect } from "vitest";
import { pool as poolSchema } from "../../../src/api/pool.ts";
import { compose } from "../../../src/propose/compose.ts";
import { readPage } from "../../../src/propose/page.ts";
import { recognise } from "../../../src/propose/recognise.ts";
import type { Translated } from "../../../src/propose/translate.ts";
import { translateLoad } from "../../../src/propose/translated-load.ts";
import { printTree, toObject } from "../../../src/propose/tree.ts";

const body = `# TYPE app_active_connections gauge
app_active_connections 3
# TYPE app_requests_total counter
app_requests_total 30
# TYPE queue_depth gauge
queue_depth 2
# TYPE app_answers_total counter
app_answers_total{code="200"} 3
app_answers_total{code="500"} 1
# TYPE app_request_duration_seconds histogram
app_request_duration_seconds_bucket{le="+Inf"} 9
app_request_duration_seconds_sum 4.5
app_request_duration_seconds_count 9
`;

/** The spec of the pool that comes of it, which the API server would take. */
export function poolOf(translated: Translated, hasPage = true) {
  const page = readPage(Buffer.from(body))!;
  const read = { page, recognised: recognise(page) };
  const wanted = translated.loads[0];
  const load = wanted && translateLoad(wanted, hasPage ? read : undefined, translated.polling);
  const recognised = load?.kind === "page" ? load.recognised : read.recognised;
  const tree = compose({
    workload: { ...translated.target, namespace: "shop", replicas: 3 },
    ports: [{ name: "http", port: 8080, note: "Declared." }],
    page: hasPage
      ? { type: "http", port: "metrics", scheme: "HTTP", path: "/metrics", pod: "web-1", recognised }
      : undefined,
    fallback: { resource: false, probe: { type: "TCP" }, why: [] },
    observedSeconds: 10,
    head: ["Proposed."],
    translated: { ...translated, load },
  });
  const pool = toObject(tree);
  expect(poolSchema.safeParse(pool).error?.issues ?? []).toEqual([]);
  expect(
    Math.max(
      ...printTree(tree)
        .split("\n")
        // A query stays in one piece.
        .filter((line) => !/^ *expr: /.test(line))
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(80);
  return pool.spec as { readonly metrics: unknown; readonly scaling: unknown; readonly targetRef: unknown };
}
