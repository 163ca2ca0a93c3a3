import { useRef, useState } from "preact/hooks";
import type { EndpointDocument, HistoryDocument, PoolDocument } from "../serve/documents.ts";
import { linePath, scaleOf } from "./axis.ts";
import { count, percent, plural, seconds } from "./format.ts";
import { gaugeOf, isOver, type ShownGauge } from "./gauge.ts";
import { useGlide } from "./motion.ts";

interface EndpointsProps {
  readonly pool: PoolDocument;
  readonly history: HistoryDocument;
  /** Milliseconds since the document came: ages have grown by them. */
  readonly sinceMs: number;
  readonly selected: string | undefined;
  /** Told of the pod that was chosen; undefined when it is no longer. */
  readonly onSelect: (pod: string | undefined) => void;
}

interface LoadBarProps extends Pick<ShownGauge, "limit" | "full"> {
  readonly value: number | undefined;
}

/** A figure against its limit; what is beyond it stands out. */
export function LoadBar({ value, limit, full }: LoadBarProps) {
  const top = Math.max(full, value ?? 0);
  const within = Math.min(value ?? 0, limit ?? top);
  const width = (value: number) => ({ width: `${(100 * value) / top}%` });
  return (
    <span class="bar" aria-hidden="true">
      <span class="within" style={width(within)} />
      <span class="beyond" style={width((value ?? 0) - within)} />
      {limit !== undefined && <span class="tick" style={{ left: `${(100 * limit) / top}%` }} />}
    </span>
  );
}

const spark = { points: 60, width: 84, height: 18 };

/** The last minute of a pod. */
function Spark({ values }: { readonly values: readonly (number | null)[] }) {
  const shown = values.slice(-spark.points);
  const rows = shown.map((_, row) => row + spark.points - shown.length);
  const top = Math.max(1, ...shown.map((value) => value ?? 0));
  const x = scaleOf({ from: 0, to: spark.points - 1 }, spark.width);
  const y = scaleOf({ from: top, to: 0 }, spark.height - 3);
  return (
    <svg class="spark" width={spark.width} height={spark.height} aria-hidden="true">
      <path class="line" transform="translate(0 1.5)" d={linePath(rows, shown, x, y)} />
    </svg>
  );
}

interface RowProps extends Omit<EndpointsProps, "pool" | "history"> {
  readonly endpoint: EndpointDocument;
  readonly gauge: ShownGauge;
  readonly past: readonly (number | null)[];
}

function Row({ endpoint, gauge, past, sinceMs, selected, onSelect }: RowProps) {
  const { rank, pod, node, zone, connections, load, weight, ageMs, full, reason } = endpoint;
  const chosen = pod === selected;
  const byLoad = gauge.by === "load";
  const value = byLoad ? load : connections;
  const tone = isOver(value, gauge.limit) ? "number over" : "number";
  return (
    <tr class={chosen ? "chosen" : undefined}>
      <td class="number rank">{rank}</td>
      <th scope="row">
        <button
          type="button"
          aria-pressed={chosen}
          title={[endpoint.address, ...endpoint.ports.map(told), node, zone].filter(Boolean).join(", ")}
          onClick={() => onSelect(chosen ? undefined : pod)}
        >
          {pod}
        </button>
        {full && <span class="full">full for now</span>}
        <span class="narrow reason">{reason}</span>
      </th>
      <td class={byLoad ? "number" : tone}>{count(connections)}</td>
      <td>
        <div class="load">
          <LoadBar value={value} {...gauge} />
          <span class={byLoad ? tone : "number"}>{percent(load)}</span>
        </div>
      </td>
      <td class="wide widest">
        <Spark values={past} />
      </td>
      <td class="number wide">{weight}</td>
      <td class="number wide quiet">{seconds(ageMs === undefined ? undefined : ageMs + sinceMs)}</td>
      <td class="wide reason">{reason}</td>
    </tr>
  );
}

/** Rows at first: more than fit on a screen, less than a browser minds. */
/** A port as a pod has it. */
const told = ({ name, port }: EndpointDocument["ports"][number]): string => `${name} ${port}`;

const mostRows = 100;

/** The endpoints, best first, and the pods that get nothing. */
export function Endpoints({ pool, history, sinceMs, selected, onSelect }: EndpointsProps) {
  const { endpoints, excluded, conditions } = pool;
  const gauge = gaugeOf(pool);
  const [all, setAll] = useState(false);
  const shown = all ? endpoints : endpoints.slice(0, mostRows);
  const body = useRef<HTMLTableSectionElement>(null);
  useGlide(body);
  const pasts = new Map(history.pods.map((series) => [series.pod, series]));
  const ready = conditions.find(({ type }) => type === "Ready");
  return (
    <section class="endpoints">
      <h2 id="endpoints">
        Endpoints <span class="quiet">{plural(endpoints.length, "pod")}, best first</span>
      </h2>
      {endpoints.length + excluded.length === 0 ? (
        <p class="empty">
          <b>No pod takes traffic.</b> {ready?.message}
        </p>
      ) : (
        <table aria-labelledby="endpoints">
          <thead>
            <tr>
              <th scope="col" class="number rank">
                <abbr title="Rank">#</abbr>
              </th>
              <th scope="col">Pod</th>
              <th scope="col" class="number">
                <span class="wide">Connections</span>
                <abbr class="narrow" title="Connections">
                  Conn.
                </abbr>
              </th>
              <th scope="col" class="load">
                Load
              </th>
              <th scope="col" class="wide widest">
                Last minute
              </th>
              <th scope="col" class="number wide">
                Weight
              </th>
              <th scope="col" class="number wide">
                Age
              </th>
              <th scope="col" class="wide reason">
                Why it stands here
              </th>
            </tr>
          </thead>
          <tbody ref={body}>
            {shown.map((endpoint) => {
              const past = pasts.get(endpoint.pod);
              const values = (endpoint.load === undefined ? past?.connections : past?.load) ?? [];
              return <Row key={endpoint.pod} past={values} {...{ endpoint, gauge, sinceMs, selected, onSelect }} />;
            })}
          </tbody>
          {excluded.length > 0 && (
            <tbody class="excluded">
              {excluded.map(({ pod, reason }) => (
                <tr key={pod}>
                  <td class="number rank">–</td>
                  <th scope="row">
                    {pod}
                    <span class="narrow reason">{reason}</span>
                  </th>
                  <td colSpan={2} />
                  <td class="wide widest" />
                  <td class="wide" colSpan={2} />
                  <td class="wide reason">{reason}</td>
                </tr>
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
