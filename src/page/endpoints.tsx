import { useRef, useState } from "preact/hooks";
import type { DrainingDocument, HistoryDocument, PoolDocument } from "../serve/documents.ts";
import {
  byRank,
  nextSorting,
  type Reported,
  reportedBy,
  type Sorting,
  type SortKey,
  sortEndpoints,
} from "./columns.ts";
import { count, lasting, moment, plural } from "./format.ts";
import { gaugeOf } from "./gauge.ts";
import { useHeldOrder } from "./held.ts";
import { useGlide } from "./motion.ts";
import { EndpointRow } from "./row.tsx";

interface EndpointsProps {
  readonly poolKey: string;
  readonly pool: PoolDocument;
  readonly history: HistoryDocument;
  /** Of the operator's clock. */
  readonly now: number;
  /** Milliseconds since the document came: ages have grown by them. */
  readonly sinceMs: number;
  readonly selected: string | undefined;
  /** Told of the pod that was chosen; undefined when it is no longer. */
  readonly onSelect: (pod: string | undefined) => void;
}

/** Rows at first: more than fit on a screen, less than a browser minds. */
const mostRows = 100;

interface HeadProps {
  readonly by: SortKey;
  readonly class?: string;
  readonly title?: string;
  readonly sorting: Sorting;
  readonly onSort: (key: SortKey) => void;
  readonly children: preact.ComponentChildren;
}

/** A heading that sorts. */
function Head({ by, sorting, onSort, children, title, class: name }: HeadProps) {
  const sort = sorting.key !== by ? undefined : sorting.descending ? "descending" : "ascending";
  return (
    <th scope="col" class={name} aria-sort={sort}>
      <button type="button" title={title} onClick={() => onSort(by)}>
        {children}
      </button>
    </th>
  );
}

interface OutProps {
  readonly excluded: PoolDocument["excluded"][number];
  readonly draining: DrainingDocument | undefined;
  readonly now: number;
  readonly reported: Reported;
}

/** A pod without traffic; of one that is drained, what it still holds and since when. */
function OutRow({ excluded: { pod, reason }, draining, now, reported }: OutProps) {
  const since = draining?.since;
  const told = since === undefined ? reason : `${reason} for ${lasting(now - since)}, since ${moment(since, now)}`;
  return (
    <tr class={draining ? "draining" : undefined}>
      <td class="number rank">–</td>
      <th scope="row">
        {pod}
        <span class="narrow reason">{told}</span>
      </th>
      <td class="number">{draining && count(draining.connections)}</td>
      <td>{draining && <span class="chip">draining</span>}</td>
      <td class="wide widest" />
      {Object.values(reported).map((isReported) => isReported && <td class="wide" />)}
      <td class="wide" />
      <td class="wide widest" />
      <td class="wide reason">{told}</td>
    </tr>
  );
}

/** The endpoints, best first unless they are sorted, and the pods that get nothing: those that drain first. */
export function Endpoints({ poolKey, pool, history, now, sinceMs, selected, onSelect }: EndpointsProps) {
  const { endpoints, excluded, conditions, draining = [] } = pool;
  const gauge = gaugeOf(pool);
  const [all, setAll] = useState(false);
  const [sorting, setSorting] = useState(byRank);
  const sorted = sortEndpoints(endpoints, sorting);
  const byPod = new Map(endpoints.map((endpoint) => [endpoint.pod, endpoint]));
  // All of them: one that others overtake must not leave the rows that are shown under somebody's pointer.
  const held = useHeldOrder(
    sorted.map(({ pod }) => pod),
    `${sorting.key} ${sorting.descending}`,
  );
  // The one that is chosen stays, and what it says below it.
  const shown = all ? held.order : held.order.filter((pod, place) => place < mostRows || pod === selected);
  const body = useRef<HTMLTableSectionElement>(null);
  useGlide(body);
  const pasts = new Map(history.pods.map((series) => [series.pod, series]));
  const drains = new Map(draining.map((entry) => [entry.pod, entry]));
  const out = excluded.toSorted((a, b) => Number(drains.has(b.pod)) - Number(drains.has(a.pod)));
  const ready = conditions.find(({ type }) => type === "Ready");
  const reported = reportedBy(endpoints);
  const weights = endpoints.reduce((total, { weight }) => total + weight, 0);
  const sort = { sorting, onSort: (key: SortKey) => setSorting(nextSorting(sorting, key)) };
  const order = sorting.key === "rank" && !sorting.descending ? "best first" : "sorted";
  const isWhole = Object.values(reported).some(Boolean);
  const head = useRef<HTMLTableRowElement>(null);
  const columns = [...(head.current?.cells ?? [])].filter(({ offsetWidth }) => offsetWidth > 0).length;
  return (
    <section class="endpoints">
      <h2 id="endpoints">
        Endpoints{" "}
        <span class="quiet">
          {plural(endpoints.length, "pod")}
          {endpoints.length > 1 && `, ${order}`}
        </span>
        {held.isHeld && <span class="held quiet"> held while you point at them</span>}
      </h2>
      {endpoints.length + excluded.length === 0 ? (
        <p class="empty">
          <b>No pod takes traffic.</b> {ready?.message}
        </p>
      ) : (
        <table aria-labelledby="endpoints" class={isWhole ? "full-width" : undefined}>
          <thead>
            <tr ref={head}>
              <Head by="rank" class="number rank" title="Rank" {...sort}>
                #
              </Head>
              <Head by="pod" {...sort}>
                Pod
              </Head>
              <Head by="connections" class="number" {...sort}>
                <span class="wide">Connections</span>
                <abbr class="narrow" title="Connections">
                  Conn.
                </abbr>
              </Head>
              <Head by="load" class="load" {...sort}>
                Load
              </Head>
              <th scope="col" class="wide widest">
                Last minute
              </th>
              {reported.requests && (
                <Head by="requests" class="number wide" title="Requests per second" {...sort}>
                  Req/s
                </Head>
              )}
              {reported.errors && (
                <Head by="errors" class="number wide" title="Requests that failed" {...sort}>
                  Errors
                </Head>
              )}
              {reported.response && (
                <Head by="response" class="number wide" title="Response time" {...sort}>
                  Response
                </Head>
              )}
              <Head by="weight" class="number wide" title="Weight, and share of the traffic that follows it" {...sort}>
                Weight
              </Head>
              <Head by="age" class="number wide widest" title="Age of the newest sample" {...sort}>
                Age
              </Head>
              <th scope="col" class="wide reason">
                Why it stands here
              </th>
            </tr>
          </thead>
          <tbody ref={body} {...held.holding}>
            {shown.map((pod) => {
              const endpoint = byPod.get(pod)!;
              const past = pasts.get(pod);
              const values = (endpoint.load === undefined ? past?.connections : past?.load) ?? [];
              const share = weights > 0 ? (100 * endpoint.weight) / weights : undefined;
              return (
                <EndpointRow
                  key={pod}
                  past={values}
                  {...{ poolKey, endpoint, gauge, share, reported, columns, sinceMs, onSelect }}
                  chosen={pod === selected}
                />
              );
            })}
          </tbody>
          {out.length > 0 && (
            <tbody class="excluded">
              {out.map((entry) => (
                <OutRow
                  key={entry.pod}
                  excluded={entry}
                  draining={drains.get(entry.pod)}
                  now={now}
                  reported={reported}
                />
              ))}
            </tbody>
          )}
        </table>
      )}
      {shown.length < endpoints.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show all {endpoints.length} endpoints
        </button>
      )}
    </section>
  );
}
