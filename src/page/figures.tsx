import type { PoolDocument } from "../serve/documents.ts";
import { count, seconds, sum } from "./format.ts";
import { gaugeOf, isOver, limitText } from "./gauge.ts";

function describeEndpoints({ endpoints, excluded, readySet }: PoolDocument): string {
  if (endpoints.length + excluded.length === 0) return "no pods";
  const full = readySet ? readySet.able - readySet.size : 0;
  const parts = [
    ...(full > 0 ? [`${full} full for now`] : []),
    ...(excluded.length > 0 ? [`${full > 0 ? "" : "and "}${excluded.length} without traffic`] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "all take traffic";
}

/** Where the pool stands, in five numbers. */
export function Figures({ pool }: { readonly pool: PoolDocument }) {
  const { replicas, maxReplicas, connectionsPerPod, endpoints, coverage } = pool;
  const gauge = gaugeOf(pool);
  const open = endpoints.flatMap(({ connections }) => connections ?? []);
  const all = sum(open);
  const each = all === undefined ? undefined : all / open.length;
  return (
    <dl class="figures">
      <div>
        <dt>Replicas</dt>
        <dd>
          <b>{count(replicas)}</b> {maxReplicas !== undefined && `of at most ${maxReplicas}`}
        </dd>
      </div>
      <div>
        <dt>{gauge.title}</dt>
        <dd>
          <b class={isOver(gauge.average, gauge.limit) ? "over" : undefined}>{gauge.text(gauge.average)}</b>{" "}
          {limitText(gauge)}
        </dd>
      </div>
      <div>
        <dt>Connections</dt>
        <dd>
          <b>{count(all)}</b>{" "}
          {each !== undefined && gauge.by === "load" && (
            <span class={isOver(each, connectionsPerPod) ? "over" : undefined}>
              {count(each)} each{connectionsPerPod !== undefined && `, limit ${connectionsPerPod}`}
            </span>
          )}
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
          {coverage.beginning?.map(({ metric, pods }) => `, ${pods} with a first ${metric}`)}
        </dd>
      </div>
    </dl>
  );
}
