import type { Plan } from "../../src/decide/planned.ts";
import type { SetInForce } from "../../src/decide/world.ts";

/** What slices say once a plan is written. */
export const publishedBy = ({ endpoints, readySet }: Plan): SetInForce => ({
  ready: new Set(endpoints.flatMap(({ uid }) => (readySet?.full.has(uid) ? [] : [uid]))),
  sliceOf: new Map(endpoints.map(({ uid }) => [uid, "web-evenkeel-1"])),
});
