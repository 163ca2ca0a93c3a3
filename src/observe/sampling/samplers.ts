import type { SourceType } from "../../api/sources/sources.ts";
import type { StartSampler } from "./context.ts";
import { startHttp, startJson } from "./http-sampler.ts";
import { startPush } from "./push-sampler.ts";
import { startQuery } from "./query-sampler.ts";
import { startResource } from "./resource-sampler.ts";

/** Every source by the name that users write; the compiler checks that none is missing. */
const samplers: { readonly [T in SourceType]: StartSampler<T> } = {
  http: startHttp,
  json: startJson,
  resource: startResource,
  query: startQuery,
  push: startPush,
};

export const startSampler: StartSampler<SourceType> = <T extends SourceType>(
  ...[context, pool, metrics, inherited]: Parameters<StartSampler<T>>
) => samplers[metrics.source.type](context, pool, metrics, inherited);
