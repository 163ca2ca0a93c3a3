import { defined } from "../api/defined.ts";
import { fieldOf, fieldsOf, listOf, textOf, wholeOf } from "../kube/untyped.ts";
import { quantityOf, stepsOf, type Translated, targetOf, type WantedLoad } from "./translate.ts";

/** What one metric of an HPA asks for; undefined with the reason in `lost`. */
function wantedOf(metric: Readonly<Record<string, unknown>>, lost: string[]): WantedLoad | undefined {
  const type = textOf(metric.type) ?? "";
  const field = type.charAt(0).toLowerCase() + type.slice(1);
  const given = fieldsOf(metric[field]);
  const target = fieldsOf(given.target);
  const name = textOf(given.name) ?? textOf(fieldOf(given.metric, "name")) ?? "";
  switch (type) {
    case "Resource":
    case "ContainerResource": {
      if (name !== "cpu" && name !== "memory") break;
      const container = textOf(given.container);
      const [utilization, value] = [wholeOf(target.averageUtilization), textOf(target.averageValue)];
      return {
        kind: "resource",
        name,
        ...defined({ container, utilization, value }),
      };
    }
    case "Pods": {
      const value = quantityOf(target.averageValue);
      if (fieldOf(fieldOf(given.metric, "selector"), "matchLabels") !== undefined)
        lost.push(`metric ${name}: its selector; put the labels into matchLabels of the load.`);
      if (value !== undefined) return { kind: "pods", metric: name, value };
      break;
    }
    case "Object":
      lost.push(`metric ${name} of type Object: it is one figure for all pods, and a pool reads one of each pod.`);
      return undefined;
    case "External":
      lost.push(
        `metric ${name} of type External: a pool reads its pods, or PromQL with a series for each pod (source query).`,
      );
      return undefined;
    default:
  }
  lost.push(`metric ${name} of type ${type}.`);
  return undefined;
}

/** A HorizontalPodAutoscaler of autoscaling/v2 as a pool would have it. */
export function translateHpa(object: { readonly metadata: { readonly name: string } }): Translated {
  const spec = fieldsOf(fieldOf(object, "spec"));
  const lost: string[] = [];
  const metrics = listOf(spec.metrics);
  const loads = metrics.flatMap((metric) => wantedOf(metric, lost) ?? []);
  // Without metrics an HPA goes by 80 % of the CPU that is requested.
  if (metrics.length === 0) loads.push({ kind: "resource", name: "cpu", utilization: 80 });
  if (loads.length > 1)
    lost.push(
      `${loads.length} metrics, of which an HPA takes the one that asks for most pods: a pool has one load, and connectionsPerPod beside it. The first is taken.`,
    );
  const min = wholeOf(spec.minReplicas) ?? 1;
  if (min === 0) lost.push("minReplicas 0: a pool keeps one pod at least.");
  return {
    from: `hpa/${object.metadata.name}`,
    target: targetOf(spec.scaleTargetRef),
    minReplicas: { key: "minReplicas", value: Math.max(1, min), note: ["From minReplicas."] },
    maxReplicas: { key: "maxReplicas", value: wholeOf(spec.maxReplicas) ?? 1, note: ["From maxReplicas."] },
    steps: stepsOf(spec.behavior, lost),
    loads,
    lost,
  };
}
