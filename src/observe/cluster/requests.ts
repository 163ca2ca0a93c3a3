import type { Pod, ResourceRequests } from "../../decide/world.ts";
import { fieldOf, type fieldsOf, listOf, textOf } from "../../kube/untyped.ts";
import { parseQuantity } from "../sources/quantity.ts";

/** Millicores and bytes, of the quantities that Kubernetes has. */
const units = { cpuRequest: ["cpu", 1_000], memoryRequest: ["memory", 1] } as const;
const kinds = ["cpuRequest", "memoryRequest"] as const;

function requestIn(resources: unknown, kind: keyof ResourceRequests): number | undefined {
  const [name, perUnit] = units[kind];
  const text = textOf(fieldOf(fieldOf(resources, "requests"), name));
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity === undefined ? undefined : quantity * perUnit;
}

/** What is in force, as status tells it: a resize in place that waits, or cannot be, has changed the spec alone. */
function inForce(status: unknown, spec: unknown): ResourceRequests {
  const requests: { cpuRequest?: number; memoryRequest?: number } = {};
  for (const kind of kinds) {
    const asked = requestIn(status, kind) ?? requestIn(spec, kind);
    if (asked !== undefined) requests[kind] = asked;
  }
  return requests;
}

type Containers = Required<Pick<Pod, "containers">>["containers"];

/** What all containers ask for; absent where one of them asks for none. */
function sumOf(containers: Containers): ResourceRequests {
  const requests: { cpuRequest?: number; memoryRequest?: number } = {};
  for (const kind of kinds) {
    const asked = containers.flatMap((container) => container[kind] ?? []);
    if (asked.length === containers.length) requests[kind] = asked.reduce((sum, one) => sum + one, 0);
  }
  return requests;
}

/**
 * What a pod asks for: as a whole where it says so, else the sum of the containers that run as long as it does, as for a
 * HorizontalPodAutoscaler.
 */
export function requestsOf(
  spec: unknown,
  status: unknown,
  running: readonly ReturnType<typeof fieldsOf>[],
): ResourceRequests & Pick<Pod, "containers"> {
  const statuses = ["containerStatuses", "initContainerStatuses"].flatMap((of) => listOf(fieldOf(status, of)));
  const byName = new Map(statuses.map(({ name, resources }) => [textOf(name), resources]));
  const containers = running.flatMap(({ name, resources }) => {
    const named = textOf(name) ?? "";
    return { name: named, ...inForce(byName.get(named), resources) };
  });
  const whole = inForce(fieldOf(status, "resources"), fieldOf(spec, "resources"));
  return { ...sumOf(containers), ...whole, ...(containers.length > 0 && { containers }) };
}
