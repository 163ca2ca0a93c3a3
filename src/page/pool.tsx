import { useState } from "preact/hooks";
import { Charts } from "./charts.tsx";
import { ConditionChips, Conditions } from "./conditions.tsx";
import { Decisions, Why } from "./decisions.tsx";
import { Endpoints } from "./endpoints.tsx";
import { Figures } from "./figures.tsx";
import { Followers } from "./followers.tsx";
import { moment } from "./format.ts";
import { LinkBadge, Lost } from "./notice.tsx";
import { usePool, useTicks } from "./state.ts";

/** One pool, whole. */
export function PoolView({ poolKey }: { readonly poolKey: string }) {
  const { link, pool, history, followers, heardAt, clockOffset } = usePool(poolKey);
  const [selected, setSelected] = useState<string>();
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
        <LinkBadge link={link} />
      </header>
      {link === "lost" && <Lost asOf={moment(heardAt + clockOffset, ticks + clockOffset)} />}
      <Why decision={pool.decision} />
      <Figures pool={pool} />
      <Charts pool={pool} history={history} now={now} selected={selected} />
      <Endpoints pool={pool} history={history} sinceMs={ticks - heardAt} selected={selected} onSelect={setSelected} />
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
