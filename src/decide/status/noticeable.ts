import type { PoolStatus } from "../../api/status.ts";
import { type StatusField, statusFields } from "./fields.ts";
import type { Backdrops, News } from "./moves.ts";

const fields: Readonly<Record<keyof PoolStatus, StatusField<unknown>>> = statusFields;
const names = Object.keys(fields) as (keyof PoolStatus)[];

/** What a new status would tell that the written one does not. */
export function noticeable(before: PoolStatus, after: PoolStatus, around?: Backdrops): News {
  const news = new Set(names.map((name) => fields[name].news(before[name], after[name], around)));
  if (news.has("turn")) return "turn";
  return news.has("figures") ? "figures" : "nothing";
}
