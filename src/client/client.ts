/** `evenkeel/client`: lists of endpoints that say who is next, their own or a pool of the operator. */
export { balancedFetch, type FetchOptions } from "./balanced-fetch.ts";
export { balancedInterceptor } from "./balanced-interceptor.ts";
export type { BalancedEndpoint, Balancer, BalancerOptions, Endpoint, Strategy } from "./balancer.ts";
export { createBalancer } from "./create-balancer.ts";
export { type FollowedPool, type FollowOptions, type FollowState, followPool } from "./follow-pool.ts";
export { type CarryingBalancer, type CarryOptions, EmptyListError, type EndpointTarget } from "./journey.ts";
export type { PoolEndpoint, PoolPod, PublishedPool } from "./pool-document.ts";
