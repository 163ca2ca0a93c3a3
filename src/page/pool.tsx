import { useState } from "preact/hooks";
import { type ChartSpan, Charts } from "./charts.tsx";
import { ConditionChips, Conditions, Trouble } from "./conditions.tsx";
import { Decisions, Why } from "./decisions.tsx";
import { Endpoints } from "./endpoints.tsx";
import { PoolExplained } from "./explain.tsx";
import { Figures } from "./figures.tsx";
import { pathOf } from "./follow.ts";
import { Followers } from "./followers.tsx";
import { moment } from "./format.ts";
import { LinkBadge, Lost, Stale } from "./notice.tsx";
import { useHour, usePool, useTicks } from "./state.ts";

/** The pool as programs read it. */
function Sources({ poolKey }: { readonly poolKey: string }) {
  const path = pathOf(poolKey);
  return (
    <p class="sources">
      <a href={path}>JSON</a> <a href={`${path}?format=yaml`}>YAML</a>
    </p>
  );
}

/** One pool, whole. */
export function PoolView({ poolKey }: { readonly poolKey: string }) {
  const { link, pool, history, followers, heardAt, clockOffset } = usePool(poolKey);
  const [selected, setSelected] = useState<string>();
  const [isExplained, setExplained] = useState(false);
  const [span, setSpan] = useState<ChartSpan>("minutes");
  const hour = useHour(poolKey, span === "hour");
  const ticks = useTicks();
  const [namespace, name] = poolKey.split("/");
  const heading = (
    <h1>
      <span class="quiet">{namespace}/</span>
      {name}
    </h1>
  );
  if (!pool || !history) {
    return (
      <main>
        <header class="title">
          {heading}
          <LinkBadge link={link} />
        </header>
        {link === "lost" && <Lost asOf={undefined} />}
      </main>
    );
  }
  // While nothing comes, the charts stand still and the ages grow.
  const now = (link === "live" ? ticks : heardAt) + clockOffset;
  return (
    <main class={link === "lost" ? "stale" : undefined}>
      <header class="title">
        {heading}
        <span class="chip">{pool.strategy}</span>
        <ConditionChips pool={pool} />
        <Sources poolKey={poolKey} />
        <LinkBadge link={link} />
      </header>
      {link === "lost" && <Lost asOf={moment(heardAt + clockOffset, ticks + clockOffset)} />}
      {link === "live" && pool.staleMs !== undefined && <Stale staleMs={pool.staleMs} />}
      <Trouble pool={pool} />
      <Why
        decision={pool.decision}
        confirm={pool.confirm}
        history={history}
        now={now}
        isExplained={isExplained}
        onExplain={() => setExplained(!isExplained)}
      />
      {isExplained && <PoolExplained poolKey={poolKey} />}
      <Figures pool={pool} />
      <Charts
        pool={pool}
        history={span === "hour" ? (hour ?? history) : history}
        now={now}
        selected={selected}
        span={span}
        onSpan={setSpan}
      />
      <Endpoints
        poolKey={poolKey}
        pool={pool}
        history={history}
        now={now}
        sinceMs={ticks - heardAt}
        selected={selected}
        onSelect={setSelected}
      />
      <div class="below">
        <Decisions history={history} now={now} />
        <div class="beside">
          <Conditions pool={pool} />
          <Followers followers={followers} now={now} />
        </div>
      </div>
    </main>
  );
}
