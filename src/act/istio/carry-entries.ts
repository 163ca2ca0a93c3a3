import type { CarrierType } from "../../api/publish-to.ts";
import type { Plan } from "../../decide/planned.ts";
import type { Observation } from "../../decide/world.ts";
import type { Asked, Grant } from "../fence.ts";
import type { IstioPublisher } from "./istio-publisher.ts";

/** Makes Istio's entries say what is planned, or takes them back; nothing where it is not known what they say. */
export function carryEntries(istio: IstioPublisher, observation: Observation, plan: Plan, grant: Grant): Asked[] {
  const { pool, status, specProblem, istio: inForce } = observation;
  if (!inForce || inForce.problem) return [];
  const carrier = pool.spec.publish.to.find(({ type }) => type === "Istio");
  const weights = plan.carriers?.find(({ type }) => type === "Istio")?.weights;
  const { endpoints, members } = plan;
  const serving = () => endpoints.map(({ uid }) => uid);
  // A spec that is refused does not say that they are to go; and with the pool they go by themselves.
  if (pool.deletion || (!carrier && specProblem)) return istio.retract(pool, serving(), grant);
  if (!carrier || !weights) return istio.withdraw(pool, grant);
  // Status says first where something is written, so that whoever starts later knows of what is to be taken back.
  if (!status.publishedTo?.includes("Istio")) return [];
  return istio.publish({ pool, carrier, endpoints, members, weights }, grant);
}

/** Whose objects carry the weights of a plan, or may still have to lose them. */
export function publishedTo(
  istio: IstioPublisher,
  { pool, status, istio: inForce }: Observation,
  plan: Plan,
): CarrierType[] {
  const types = new Set((plan.carriers ?? []).map(({ type }) => type));
  const isUnknown = inForce?.problem !== undefined && inForce.problem.reason !== "IstioMissing";
  if (istio.isLeft(pool) || (isUnknown && status.publishedTo?.includes("Istio"))) types.add("Istio");
  return [...types].sort();
}
