import { explainInParts } from "../../src/decide/explain/explain.ts";
import type {
  Explanation,
  ExplanationHead,
  ExplanationTail,
  PodExplanation,
} from "../../src/decide/explain/explanation.ts";
import type { Plan } from "../../src/decide/planned.ts";
import type { Observation } from "../../src/decide/world.ts";

/** The parts of an explanation, put together. */
export function explain(observation: Observation, made: Plan): Explanation {
  let [head, tail]: [ExplanationHead?, ExplanationTail?] = [];
  const pods: PodExplanation[] = [];
  for (const part of explainInParts(observation, made)) {
    if (part.kind === "head") head = part.head;
    else if (part.kind === "pod") pods.push(part.pod);
    else tail = part.tail;
  }
  return { ...head!, pods, ...tail! };
}
