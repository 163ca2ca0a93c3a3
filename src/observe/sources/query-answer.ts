import { type Failed, failed } from "../../pods/failed.ts";
import type { ConfinedQuery } from "../../promql/confine.ts";

/** The label by which values and times are told apart in one answer. */
const partLabel = "evenkeel";
const valuePart = "value";

/** One query for the values and the times of their samples, so that both are of the same moment. */
export function composeQuery({ query, ages }: ConfinedQuery): string {
  const part = (inner: string, name: string): string => `label_replace(${inner}, "${partLabel}", "${name}", "", "")`;
  return [part(query, valuePart), ...ages.map((age, index) => part(age, String(index)))].join(" or ");
}

/** What an answer says of the pods of one namespace. */
export interface PodFigures {
  readonly kind: "figures";
  /** By the pod's name: what is no number is NaN; undefined where there are several series. */
  readonly values: ReadonlyMap<string, number | undefined>;
  /** When the oldest of the newest samples was taken that the value is made of, Unix milliseconds; undefined: not known. */
  timeOf(pod: string): number | undefined;
  /** Whether the server could not ask everybody that it should have. */
  readonly isPartial: boolean;
}

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose => typeof value === "object" && value !== null;

const decimal = /^[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})(e[+-]?[0-9]{1,4})?$/i;

function toNumber(text: unknown): number {
  if (typeof text !== "string") return Number.NaN;
  if (decimal.test(text)) return Number(text);
  const infinite = /^([+-]?)Inf$/.exec(text);
  return infinite ? Number(`${infinite[1]}Infinity`) : Number.NaN;
}

/** Notes of PromQL on the query itself; all other warnings say that somebody could not be asked. */
const isNote = (warning: unknown): boolean => typeof warning === "string" && /^PromQL (warning|info):/.test(warning);

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function resultOf(document: unknown): readonly unknown[] | undefined {
  if (!isObject(document) || document.status !== "success" || !isObject(document.data)) return undefined;
  const { resultType, result } = document.data;
  return resultType === "vector" && Array.isArray(result) ? result : undefined;
}

/** Series of what is no pod of the namespace say nothing, whatever the server thinks that it was asked. */
export function readAnswer(body: Buffer, namespace: string): PodFigures | Failed {
  const document = parse(body);
  const result = resultOf(document);
  if (!result) return failed("Malformed");
  const values = new Map<string, number | undefined>();
  const times = new Map<string, Map<string, number>>();
  for (const series of result) {
    if (!isObject(series) || !isObject(series.metric)) return failed("Malformed");
    const { [partLabel]: part, namespace: from, pod } = series.metric;
    if (typeof part !== "string" || (from !== undefined && from !== namespace)) continue;
    const value = toNumber(Array.isArray(series.value) ? series.value[1] : undefined);
    if (part !== valuePart) {
      const told = times.get(part) ?? new Map<string, number>();
      const name = typeof pod === "string" ? pod : "";
      if (Number.isFinite(value)) told.set(name, Math.min(1_000 * value, told.get(name) ?? Number.POSITIVE_INFINITY));
      times.set(part, told);
    } else if (typeof pod === "string") values.set(pod, values.has(pod) ? undefined : value);
  }
  const warnings = (document as Loose).warnings;
  return {
    kind: "figures",
    values,
    timeOf(pod) {
      // What has no pod, as a sum over all of them, goes into the value of each.
      const known = [...times.values()].flatMap((told) => told.get(pod) ?? told.get("") ?? []);
      return known.length > 0 ? Math.min(...known) : undefined;
    },
    isPartial: Array.isArray(warnings) ? warnings.some((warning) => !isNote(warning)) : false,
  };
}
