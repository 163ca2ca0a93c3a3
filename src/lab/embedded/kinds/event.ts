import { printAgeSince } from "../../../age.ts";
import { type Json, type JsonObject, keysOf, valueAt } from "../object/json.ts";
import { type Cause, requiredValue } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { column, valueColumn, wide } from "./columns.ts";
import { defineResource } from "./resource.ts";
import { int32, microTime, objectSchema, open, text, time } from "./schema-parts.ts";

const nullable = <S extends JsonObject>(schema: S) => ({ ...schema, nullable: true });

const lastSeen = (event: StoredObject): Json =>
  valueAt(event, "series", "lastObservedTime") ??
  event.lastTimestamp ??
  event.deprecatedLastTimestamp ??
  event.eventTime ??
  event.metadata.creationTimestamp ??
  null;

const columnsFor = (regarding: string, message: string) => [
  column("Last Seen", (event, nowMs) => printAgeSince(lastSeen(event), nowMs)),
  valueColumn("Type", "type"),
  valueColumn("Reason", "reason"),
  column("Object", (event) => {
    const kind = String(valueAt(event, regarding, "kind") ?? "").toLowerCase();
    return `${kind}/${valueAt(event, regarding, "name") ?? ""}`;
  }),
  column("Message", (event) => String(event[message] ?? "").trim()),
  wide("Name", (event) => event.metadata.name ?? ""),
];

/** Events of the core group; this is also how both groups' events are stored. */
export const coreEvents = defineResource({
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  table: "/events",
  allowsCreateOnUpdate: true,
  fieldLabels: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  schema: objectSchema({
    involvedObject: { ...open(), "x-kubernetes-map-type": "atomic" },
    reason: text,
    message: text,
    type: text,
    count: int32,
    firstTimestamp: nullable(time),
    lastTimestamp: nullable(time),
    eventTime: nullable(microTime),
  }),
  columns: columnsFor("involvedObject", "message"),
});

/** The names that fields of a core event have in events.k8s.io. */
const renamed: Readonly<Record<string, string>> = {
  involvedObject: "regarding",
  message: "note",
  source: "deprecatedSource",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  count: "deprecatedCount",
  reportingComponent: "reportingController",
};
const restored = Object.fromEntries(Object.entries(renamed).map(([core, event]) => [event, core]));

const rename = (event: StoredObject, names: Readonly<Record<string, string>>, apiVersion: string): StoredObject => ({
  ...(Object.fromEntries(keysOf(event).map((key) => [names[key] ?? key, event[key]])) as StoredObject),
  apiVersion,
});

/** An event of this group, unless it came through the core group, tells when, by whom and what was done. */
function check(event: StoredObject): Cause[] {
  if (event.deprecatedFirstTimestamp || event.deprecatedCount !== undefined) return [];
  const needed = ["eventTime", "reportingController", "reportingInstance", "action", "reason", "type"];
  return needed.filter((field) => !event[field]).map((field) => requiredValue(field));
}

export const events = defineResource({
  group: "events.k8s.io",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  table: "/events",
  allowsCreateOnUpdate: true,
  fieldLabels: [
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "reason",
    "reportingController",
    "type",
  ],
  schema: objectSchema({
    regarding: { ...open(), "x-kubernetes-map-type": "atomic" },
    eventTime: nullable(microTime),
    reason: text,
    note: { ...text, maxLength: 1024 },
    type: text,
    action: text,
    series: open({ count: int32, lastObservedTime: microTime }),
    deprecatedFirstTimestamp: nullable(time),
    deprecatedLastTimestamp: nullable(time),
  }),
  check,
  toStored: (event) => rename(event, restored, "v1"),
  fromStored: (event) => rename(event, renamed, "events.k8s.io/v1"),
  columns: columnsFor("regarding", "note"),
});
