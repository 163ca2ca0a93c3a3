import { isList, isObject, type Json, type JsonObject, objectOf, valueAt } from "../object/json.ts";
import { type Cause, invalidValue, requiredValue, unsupportedValue } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";
import { printLabelSelector } from "../store/label-selector.ts";
import { ageColumn, column, nameColumn, valueColumn, wide } from "./columns.ts";
import { defineResource, type WriteContext } from "./resource.ts";
import * as part from "./schema-parts.ts";

const { int32, intOrText, keyedBy, objectSchema, open, text, textOf } = part;

const portsOf = (value: Json | undefined): JsonObject[] => (isList(value) ? value.filter(isObject) : []);

/** Addresses come from 10.96.0.0/16, the first that no Service has. */
function freeClusterIP(all: readonly StoredObject[]): string {
  const taken = new Set(all.map((service) => valueAt(service, "spec", "clusterIP")));
  for (let host = 2; host < 0xffff; host++) {
    const address = `10.96.${host >> 8}.${host & 0xff}`;
    if (!taken.has(address)) return address;
  }
  throw new Error("no cluster IP is left");
}

function prepare(service: StoredObject, { old, all }: WriteContext): StoredObject {
  const spec = objectOf(service.spec);
  const ports = portsOf(spec.ports).map((port) => ({ ...port, targetPort: port.targetPort ?? port.port }));
  const status = { ...service, status: objectOf(service.status).loadBalancer ? service.status : { loadBalancer: {} } };
  if (spec.type === "ExternalName") return { ...status, spec: { ...spec, ports } };
  const clusterIP = spec.clusterIP || valueAt(old, "spec", "clusterIP") || freeClusterIP(all());
  // Of one that nothing is selected for, and that has no address, the endpoints may be of either family.
  const isOpen = clusterIP === "None" && Object.keys(objectOf(spec.selector)).length === 0;
  return {
    ...status,
    spec: {
      ipFamilies: isOpen ? ["IPv4", "IPv6"] : ["IPv4"],
      ipFamilyPolicy: isOpen ? "RequireDualStack" : "SingleStack",
      internalTrafficPolicy: "Cluster",
      ...spec,
      ports,
      clusterIP,
      clusterIPs: [clusterIP],
    },
  };
}

function check(service: StoredObject, { old }: WriteContext): Cause[] {
  const spec = objectOf(service.spec);
  const causes: Cause[] = [];
  const ports = portsOf(spec.ports);
  const needsPorts = spec.clusterIP !== "None" && spec.type !== "ExternalName";
  if (ports.length === 0 && needsPorts) causes.push(requiredValue("spec.ports"));
  ports.forEach((port, index) => {
    if (ports.length > 1 && !port.name) causes.push(requiredValue(`spec.ports[${index}].name`));
  });
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && !distributions.includes(String(distribution)))
    causes.push(unsupportedValue("spec.trafficDistribution", distribution as Json, distributions));
  const before = valueAt(old, "spec", "clusterIP");
  if (before !== undefined && before !== spec.clusterIP && spec.type === "ClusterIP") {
    causes.push(invalidValue("spec.clusterIPs[0]", [(spec.clusterIP ?? null) as Json], "may not change once set"));
  }
  return causes;
}

/** Values of `spec.trafficDistribution`, in the order in which the API server names them. */
const distributions = ["PreferClose", "PreferSameNode", "PreferSameZone"];

const port = open({
  name: text,
  port: { ...int32, minimum: 1, maximum: 65535 },
  protocol: textOf("TCP"),
  targetPort: intOrText,
});

export const services = defineResource({
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  nameRule: "service",
  schema: objectSchema({
    spec: open({
      ports: keyedBy(["port", "protocol"], port),
      selector: part.atomic(part.stringMap),
      type: textOf("ClusterIP"),
      sessionAffinity: textOf("None"),
      clusterIP: text,
      clusterIPs: part.listOf(text),
    }),
    status: open({ loadBalancer: open(), conditions: part.conditions }),
  }),
  hasStatus: true,
  returnsDeleted: true,
  fieldLabels: ["spec.clusterIP", "spec.type"],
  prepare,
  check,
  columns: [
    nameColumn,
    valueColumn("Type", "spec.type"),
    valueColumn("Cluster-IP", "spec.clusterIP", "<none>"),
    column("External-IP", () => "<none>"),
    column(
      "Port(s)",
      (service) =>
        portsOf(valueAt(service, "spec", "ports"))
          .map(({ port: number, protocol }) => `${number}/${protocol}`)
          .join(",") || "<none>",
    ),
    ageColumn,
    wide(
      "Selector",
      (service) => printLabelSelector({ matchLabels: objectOf(valueAt(service, "spec", "selector")) }) || "<none>",
    ),
  ],
});

/** Endpoints and ports are owned as wholes. Loopback addresses are welcome here: the demo's pods have no others. */
export const endpointSlices = defineResource({
  group: "discovery.k8s.io",
  kind: "EndpointSlice",
  plural: "endpointslices",
  hasGeneration: true,
  schema: objectSchema(
    {
      addressType: { ...text, enum: ["IPv4", "IPv6", "FQDN"] },
      endpoints: {
        ...part.listOf(
          open(
            { addresses: { ...part.listOf(text), "x-kubernetes-list-type": "set", minItems: 1 }, conditions: open() },
            { required: ["addresses"] },
          ),
        ),
        maxItems: 1000,
      },
      ports: { ...part.listOf(open({ name: textOf(""), port: int32, protocol: textOf("TCP") })), maxItems: 100 },
    },
    { required: ["addressType"] },
  ),
  columns: [
    nameColumn,
    valueColumn("AddressType", "addressType"),
    column(
      "Ports",
      (slice) => shorten(portsOf(slice.ports).map(({ port: number }) => String(number ?? "*"))) || "<unset>",
    ),
    column("Endpoints", (slice) =>
      shorten(portsOf(slice.endpoints).flatMap(({ addresses }) => (isList(addresses) ? addresses.map(String) : []))),
    ),
    ageColumn,
  ],
});

const shorten = (items: readonly string[]): string =>
  items.length > 3 ? `${items.slice(0, 3).join(",")} + ${items.length - 3} more...` : items.join(",");
