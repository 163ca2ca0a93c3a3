import type { ComponentChildren } from "preact";
import type { PoolDocument } from "../serve/documents.ts";
import { compact, count, percent, plural, seconds, sum, waited } from "./format.ts";
import { gaugeOf, isOver, limitText } from "./gauge.ts";

function describeEndpoints({ endpoints, excluded, readySet }: PoolDocument): string {
  if (endpoints.length + excluded.length === 0) return "no pods";
  const full = readySet ? readySet.able - readySet.size : 0;
  const parts = [
    ...(full > 0 ? [`${full} full for now`] : []),
    ...(excluded.length > 0 ? [`${excluded.length} without traffic`] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "all take traffic";
}

/** What drained pods still hold, all together. */
function describeDraining(draining: NonNullable<PoolDocument["draining"]>): string {
  const held = sum(draining.flatMap(({ connections }) => connections ?? []));
  return held === undefined
    ? ""
    : `${draining.length === 1 ? "holds" : "hold"} ${plural(Math.round(held), "connection")}`;
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly over?: boolean;
  readonly children?: ComponentChildren;
}

function Figure({ name, value, over = false, children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <b class={over ? "over" : undefined}>{value}</b> {children}
      </dd>
    </div>
  );
}

/** Where the pool stands, in a few numbers: those of its traffic where it reads them. */
export function Figures({ pool }: { readonly pool: PoolDocument }) {
  const { replicas, maxReplicas, connectionsPerPod, endpoints, coverage, traffic, draining = [] } = pool;
  const gauge = gaugeOf(pool);
  const open = endpoints.flatMap(({ connections }) => connections ?? []);
  const all = sum(open);
  const each = all === undefined ? undefined : all / open.length;
  const { requestsPerSecond, errorPercent, responseMs } = traffic;
  return (
    <dl class="figures">
      <Figure name="Replicas" value={count(replicas)}>
        {maxReplicas !== undefined && `of at most ${maxReplicas}`}
      </Figure>
      <Figure name={gauge.title} value={gauge.text(gauge.average)} over={isOver(gauge.average, gauge.limit)}>
        {limitText(gauge)}
      </Figure>
      <Figure name="Connections" value={count(all)}>
        {each !== undefined && gauge.by === "load" && (
          <span class={isOver(each, connectionsPerPod) ? "over" : undefined}>
            {count(each)} each{connectionsPerPod !== undefined && `, limit ${connectionsPerPod}`}
          </span>
        )}
      </Figure>
      <Figure name="Endpoints" value={String(endpoints.length)}>
        {describeEndpoints(pool)}
      </Figure>
      {draining.length > 0 && (
        <Figure name="Draining" value={String(draining.length)}>
          {describeDraining(draining)}
        </Figure>
      )}
      {requestsPerSecond !== undefined && (
        <Figure name="Requests" value={compact(requestsPerSecond)}>
          each second{errorPercent !== undefined && `, ${percent(errorPercent)} errors`}
        </Figure>
      )}
      {responseMs !== undefined && (
        <Figure name="Response time" value={waited(responseMs)}>
          on average
        </Figure>
      )}
      <Figure name="Samples" value={`${coverage.fresh}/${coverage.expected}`}>
        {coverage.oldestMs === undefined ? "fresh" : `fresh, oldest ${seconds(coverage.oldestMs)}`}
        {coverage.beginning?.map(({ metric, pods }) => `, ${pods} with a first ${metric}`)}
      </Figure>
    </dl>
  );
}
