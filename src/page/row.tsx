import type { EndpointDocument } from "../serve/documents.ts";
import { LoadBar, Spark } from "./bars.tsx";
import type { Reported } from "./columns.ts";
import { PodExplained } from "./explain.tsx";
import { compact, count, percent, seconds, waited } from "./format.ts";
import { isOver, type ShownGauge } from "./gauge.ts";

interface RowProps {
  readonly poolKey: string;
  readonly endpoint: EndpointDocument;
  readonly gauge: ShownGauge;
  /** Percent of the traffic that follows weights. */
  readonly share: number | undefined;
  readonly reported: Reported;
  readonly past: readonly (number | null)[];
  /** Of the table, as many as there is room for. */
  readonly columns: number;
  readonly sinceMs: number;
  readonly chosen: boolean;
  readonly onSelect: (pod: string | undefined) => void;
}

/** A port as a pod has it. */
const portOf = ({ name, port }: EndpointDocument["ports"][number]): string => `${name} ${port}`;

/** What a narrow screen has no columns for. */
function inShort({ requestsPerSecond, errorPercent, responseMs }: EndpointDocument, share: number | undefined): string {
  const parts = [
    `${percent(share)} of the traffic`,
    ...(requestsPerSecond === undefined ? [] : [`${compact(requestsPerSecond)} req/s`]),
    ...(errorPercent === undefined ? [] : [`${percent(errorPercent)} errors`]),
    ...(responseMs === undefined ? [] : [waited(responseMs)]),
  ];
  // Lines break between the parts, and not within one.
  return parts.map((part) => part.replaceAll(" ", "\u00a0")).join(" · ");
}

/** A pod that takes traffic; one that is chosen says more below. */
export function EndpointRow(props: RowProps) {
  const { poolKey, endpoint, gauge, share, reported, past, columns, sinceMs, chosen, onSelect } = props;
  const { rank, pod, node, zone, connections, load, weight, ageMs, full, reason } = endpoint;
  const byLoad = gauge.by === "load";
  const value = byLoad ? load : connections;
  const tone = isOver(value, gauge.limit) ? "number over" : "number";
  return (
    <>
      <tr class={chosen ? "chosen" : undefined}>
        <td class="number rank">{rank}</td>
        <th scope="row">
          <button
            type="button"
            aria-pressed={chosen}
            title={[endpoint.address, ...endpoint.ports.map(portOf), node, zone].filter(Boolean).join(", ")}
            onClick={() => onSelect(chosen ? undefined : pod)}
          >
            {pod}
          </button>
          {full && " "}
          {full && <span class="full">full for now</span>}
          <span class="narrow quiet">{inShort(endpoint, share)}</span>
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
        {reported.requests && <td class="number wide">{compact(endpoint.requestsPerSecond)}</td>}
        {reported.errors && <td class="number wide">{percent(endpoint.errorPercent)}</td>}
        {reported.response && <td class="number wide">{waited(endpoint.responseMs)}</td>}
        <td class="number wide">
          {weight} <span class="quiet share">{percent(share)}</span>
        </td>
        <td class="number wide widest quiet">{seconds(ageMs === undefined ? undefined : ageMs + sinceMs)}</td>
        <td class="wide reason">{reason}</td>
      </tr>
      {chosen && (
        <tr class="detail">
          <td colSpan={columns}>
            <p class="quiet">
              {[endpoint.address, ...endpoint.ports.map(portOf), node, zone].filter(Boolean).join(" · ")}
            </p>
            <PodExplained poolKey={poolKey} pod={pod} />
          </td>
        </tr>
      )}
    </>
  );
}
