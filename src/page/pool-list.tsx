import { useEffect, useRef, useState } from "preact/hooks";
import type { PoolSummary } from "../serve/documents.ts";
import { LoadBar } from "./bars.tsx";
import { percent, plural } from "./format.ts";
import { gaugeOf } from "./gauge.ts";
import { useHeldOrder } from "./held.ts";

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

/** Stands for no namespace, which has no space. */
const broken = "to look at";

const isBroken = ({ trouble }: PoolSummary): boolean => trouble?.severity === "bad";

/** Pools that are not ready, then those that are wrong otherwise, then the others as they came. */
const rankOf = (pool: PoolSummary): number => (isBroken(pool) ? (pool.ready === "False" ? 0 : 1) : 2);

export const worstFirst = (pools: readonly PoolSummary[]): readonly PoolSummary[] =>
  pools.toSorted((a, b) => rankOf(a) - rankOf(b));

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
  const box = link.closest(".pools");
  if (!box) return;
  const [inner, outer] = [link.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollBy({ top: scrollFor(inner.top, inner.bottom, outer.top, outer.bottom), behavior: "instant" });
}

interface ItemProps {
  readonly pool: PoolSummary;
  readonly current: boolean;
  /** Where no heading says the namespace. */
  readonly whole: boolean;
}

function Item({ pool, current, whole: isWhole }: ItemProps) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (current && link.current) reveal(link.current);
  }, [current]);
  const { namespace, name, trouble, averageLoad, endpoints, excluded } = pool;
  const gauge = gaugeOf(pool);
  const byLoad = gauge.by === "load";
  return (
    <li>
      <a
        ref={link}
        href={hrefOf(pool)}
        class={isBroken(pool) ? "broken" : undefined}
        title={trouble?.message}
        aria-current={current ? "page" : undefined}
      >
        <span class="name">
          {isWhole && <span class="quiet">{namespace}/</span>}
          <wbr />
          {name}
        </span>
        <span class="quiet number">
          {endpoints}/{endpoints + excluded}
          <span class="hidden"> pods take traffic</span>
        </span>
        {trouble ? (
          <span class={`state ${trouble.severity}`}>{trouble.reason}</span>
        ) : (
          <LoadBar value={gauge.average} {...gauge} />
        )}
        <span class="number">
          {byLoad ? percent(averageLoad, 0) : `${whole(gauge.average)}/${gauge.limit}`}
          {!byLoad && <span class="hidden"> connections per pod</span>}
        </span>
      </a>
    </li>
  );
}

/** All pools: those that are broken first, then by namespace. None moves while somebody points at them. */
export function PoolList({ pools, current }: PoolListProps) {
  const [filter, setFilter] = useState("");
  const text = filter.trim();
  const shown = worstFirst(pools.filter((pool) => keyOf(pool).includes(text)));
  const { order, holds, holding } = useHeldOrder(shown.map(keyOf), text);
  // A pool that breaks goes to another heading: not while the list is held either.
  const headings = useRef(new Map<string, string>());
  headings.current = new Map(
    shown.map((pool) => {
      const key = keyOf(pool);
      return [key, (holds && headings.current.get(key)) || (isBroken(pool) ? broken : pool.namespace)];
    }),
  );
  const byKey = new Map(shown.map((pool) => [keyOf(pool), pool]));
  const groups = new Map<string, string[]>();
  for (const key of order) {
    const heading = headings.current.get(key)!;
    const members = groups.get(heading);
    if (members) members.push(key);
    else groups.set(heading, [key]);
  }
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
      <div class="pools" {...holding}>
        {[...groups].map(([heading, keys]) => (
          <section key={heading}>
            <h2 class={heading === broken ? "bad" : undefined}>
              {heading === broken ? `${keys.length} to look at` : heading}
            </h2>
            <ul>
              {keys.map((key) => (
                <Item key={key} pool={byKey.get(key)!} current={key === current} whole={heading === broken} />
              ))}
            </ul>
          </section>
        ))}
        {shown.length === 0 && <p class="quiet">No pool is called so.</p>}
      </div>
    </nav>
  );
}
