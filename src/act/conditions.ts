import type { OutForm } from "../api/pool.ts";
import type { Member } from "../decide/planned.ts";
import type { SliceEndpoint } from "./slice.ts";

type Conditions = SliceEndpoint["conditions"];

/** As the built-in controller writes it of a pod whose readiness probe fails. */
const notReady: Conditions = { ready: false, serving: false, terminating: false };

/** How slices tell of a pod that could serve and is to get no new connections. */
const out: Readonly<Record<OutForm, Conditions | undefined>> = {
  NotReady: notReady,
  Serving: { ready: false, serving: true, terminating: false },
  Omitted: undefined,
};

/**
 * What slices say of a member; undefined where they leave it out. Of a pod that could not serve anyway they say what the
 * built-in controller would, whatever the form.
 */
export function conditionsOf({ pod, isIn }: Member, form: OutForm): Conditions | undefined {
  if (pod.terminating) return { ready: false, serving: pod.ready, terminating: true };
  if (!pod.ready) return notReady;
  return isIn ? { ready: true, serving: true, terminating: false } : out[form];
}
