import type { Rig } from "./rig.ts";

interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly name: string };
}

/** What Events tell of a pool under a reason. */
export async function eventsOf(rig: Rig, pool: string, reason: string): Promise<EventObject[]> {
  const path = rig.path("events.k8s.io/v1", "events");
  const { items } = await rig.client.call<{ items: EventObject[] }>("GET", path);
  return items.filter((event) => event.regarding.name === pool && event.reason === reason);
}
