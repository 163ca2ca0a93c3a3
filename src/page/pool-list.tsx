import { useEffect, useRef, useState } from "preact/hooks";
import type { PoolSummary } from "../serve/documents.ts";
import { LoadBar } from "./endpoints.tsx";
import { percent, plural } from "./format.ts";
import { gaugeOf } from "./gauge.ts";

interface PoolListProps {
  readonly pools: readonly PoolSummary[];
  /** `namespace/name`. */
  readonly current: string | undefined;
}

/** With more pools than these, a field narrows them down. */
const mostWithoutFilter = 10;

export const keyOf = ({ namespace, name }: PoolSummary): string => `${namespace}/${name}`;

const hrefOf = ({ namespace, name }: PoolSummary): string =>
  `#/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

const whole = (value: number | undefined): string => (value === undefined ? "–" : String(Math.round(value)));

/** Up and down, home and end move among the links, as in a menu. */
function moveFocus(event: KeyboardEvent): void {
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll("a")];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 };
  const target = at < 0 ? undefined : links[moves[event.key] ?? -1];
  if (!target) return;
  event.preventDefault();
  target.focus();
}

/** How far a box has to scroll for its content to be seen from `start` to `end`; 0 if it is. */
const scrollFor = (start: number, end: number, boxStart: number, boxEnd: number): number =>
  start < boxStart ? start - boxStart : Math.max(0, end - boxEnd);

/** Brings a link into view within the list alone: the page itself stays where its reader left it. */
function reveal(link: HTMLElement): void {
  for (const box of [link.closest("ul"), link.closest("nav")]) {
    if (!box) continue;
    const [inner, outer] = [link.getBoundingClientRect(), box.getBoundingClientRect()];
    box.scrollBy({
      top: scrollFor(inner.top, inner.bottom, outer.top, outer.bottom),
      left: scrollFor(inner.left, inner.right, outer.left, outer.right),
      behavior: "instant",
    });
  }
}

function Item({ pool, current }: { readonly pool: PoolSummary; readonly current: boolean }) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (current && link.current) reveal(link.current);
  }, [current]);
  const { name, ready, averageLoad, endpoints, excluded } = pool;
  const gauge = gaugeOf(pool);
  const byLoad = gauge.by === "load";
  return (
    <li>
      <a ref={link} href={hrefOf(pool)} aria-current={current ? "page" : undefined}>
        <span class="name">{name}</span>
        <span class="quiet number">
          {endpoints}/{endpoints + excluded}
          <span class="hidden"> pods take traffic</span>
        </span>
        {ready === "True" ? <LoadBar value={gauge.average} {...gauge} /> : <span class="state">not ready</span>}
        <span class="number">
          {byLoad ? percent(averageLoad, 0) : `${whole(gauge.average)}/${gauge.limit}`}
          {!byLoad && <span class="hidden"> connections per pod</span>}
        </span>
      </a>
    </li>
  );
}

/** All pools, by namespace. */
export function PoolList({ pools, current }: PoolListProps) {
  const [filter, setFilter] = useState("");
  const shown = pools.filter((pool) => keyOf(pool).includes(filter.trim()));
  const namespaces = [...new Set(shown.map(({ namespace }) => namespace))];
  return (
    <nav aria-label="Pools" onKeyDown={moveFocus}>
      {pools.length > mostWithoutFilter && (
        <input
          type="search"
          aria-label="Narrow the pools down"
          placeholder={`Find among ${plural(pools.length, "pool")}`}
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
      )}
      {namespaces.map((namespace) => (
        <section key={namespace}>
          <h2>{namespace}</h2>
          <ul>
            {shown
              .filter((pool) => pool.namespace === namespace)
              .map((pool) => (
                <Item key={pool.name} pool={pool} current={keyOf(pool) === current} />
              ))}
          </ul>
        </section>
      ))}
      {shown.length === 0 && <p class="quiet">No pool is called so.</p>}
    </nav>
  );
}
