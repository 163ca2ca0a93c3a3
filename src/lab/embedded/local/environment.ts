import { containersOf, portsOf } from "../kinds/pod.ts";
import { isObject, type JsonObject, listOf, objectOf, valueAt } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";

const inCapitals = (name: string): string => name.toUpperCase().replaceAll("-", "_");

/** What the manifest's `$(NAME)` stand for; `$$(NAME)` is `$(NAME)`, and what nobody knows stays. */
const expand = (text: string, known: Readonly<Record<string, string | undefined>>): string =>
  text.replaceAll(/\$\$|\$\(([\w.-]+)\)/g, (whole, name?: string) =>
    name === undefined ? "$" : (known[name] ?? whole),
  );

/** A field of the pod; throws where there is none that this cluster can give. */
function fieldOf(variable: JsonObject, fields: Readonly<Record<string, string>>): string {
  const path = String(valueAt(variable, "valueFrom", "fieldRef", "fieldPath") ?? "");
  const value = fields[path];
  if (value !== undefined) return value;
  const paths = Object.keys(fields).join(", ");
  throw new Error(
    `the variable ${variable.name} comes from what the embedded cluster has not: it has fieldRef ${paths}`,
  );
}

/** What the program of a pod finds in its environment: where to listen, who it is, and what its first container says. */
export function environmentOf(pod: StoredObject, address: string): Readonly<Record<string, string>> {
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  const ports = portsOf(pod);
  const fields = {
    "metadata.name": name,
    "metadata.namespace": namespace,
    "metadata.uid": uid,
    "spec.nodeName": String(valueAt(pod, "spec", "nodeName") ?? ""),
    "status.podIP": address,
    "status.hostIP": "127.0.0.1",
  };
  const known: Record<string, string> = { HOST: address, HOSTNAME: name, POD_NAME: name, POD_NAMESPACE: namespace };
  if (ports[0]) known.PORT = String(ports[0].number);
  for (const port of ports) if (port.name) known[`PORT_${inCapitals(port.name)}`] = String(port.number);
  const [container] = containersOf(pod.spec);
  for (const variable of listOf(container?.env).filter(isObject)) {
    const isGiven = Object.keys(objectOf(variable.valueFrom)).length === 0;
    known[String(variable.name)] = isGiven ? expand(String(variable.value ?? ""), known) : fieldOf(variable, fields);
  }
  return known;
}
