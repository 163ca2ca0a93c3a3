import type { PoolDocument } from "../serve/documents.ts";
import { count, percent, seconds, sum } from "./format.ts";

const describeEndpoints = ({ endpoints, excluded }: PoolDocument): string => {
  if (endpoints.length + excluded.length === 0) return "no pods";
  return excluded.length > 0 ? `and ${excluded.length} without traffic` : "all take traffic";
};

/** Where the pool stands, in five numbers. */
export function Figures({ pool }: { readonly pool: PoolDocument }) {
  const { replicas, maxReplicas, averageLoad, limit, endpoints, coverage } = pool;
  const open = endpoints.flatMap(({ connections }) => connections ?? []);
  const all = sum(open);
  const over = averageLoad !== undefined && limit !== undefined && averageLoad > limit;
  return (
    <dl class="figures">
      <div>
        <dt>Replicas</dt>
        <dd>
          <b>{count(replicas)}</b> {maxReplicas !== undefined && `of at most ${maxReplicas}`}
        </dd>
      </div>
      <div>
        <dt>Average load</dt>
        <dd>
          <b class={over ? "over" : undefined}>{percent(averageLoad)}</b> {limit !== undefined && `limit ${limit}%`}
        </dd>
      </div>
      <div>
        <dt>Connections</dt>
        <dd>
          <b>{count(all)}</b> {all !== undefined && `${count(all / open.length)} each`}
        </dd>
      </div>
      <div>
        <dt>Endpoints</dt>
        <dd>
          <b>{endpoints.length}</b> {describeEndpoints(pool)}
        </dd>
      </div>
      <div>
        <dt>Samples</dt>
        <dd>
          <b>
            {coverage.fresh}/{coverage.expected}
          </b>{" "}
          {coverage.oldestMs === undefined ? "fresh" : `fresh, oldest ${seconds(coverage.oldestMs)}`}
        </dd>
      </div>
    </dl>
  );
}
