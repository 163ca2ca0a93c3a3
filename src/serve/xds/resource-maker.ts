import type { FeedEntry } from "../feed.ts";

/** Full names of the messages that resources are. */
export const resourceTypes = {
  listener: "envoy.config.listener.v3.Listener",
  route: "envoy.config.route.v3.RouteConfiguration",
  cluster: "envoy.config.cluster.v3.Cluster",
  endpoints: "envoy.config.endpoint.v3.ClusterLoadAssignment",
} as const;

export type ResourceType = (typeof resourceTypes)[keyof typeof resourceTypes];

/**
 * Makes resources of one type, for one kind of client. Several makers may share a type: each name is made by the first
 * that knows its form.
 */
export interface ResourceMaker {
  readonly type: ResourceType;
  /** Key of the pool that a resource of this name tells of; undefined: the name is not of this maker's form. */
  keyOf(name: string): string | undefined;
  /**
   * The message's bytes, equal as long as it says the same. `entry` is undefined where there is no such pool, and where
   * there is no such resource, so is what is returned.
   */
  make(name: string, entry: FeedEntry | undefined): Uint8Array | undefined;
  /** Names of a pool's resources, for who asks for all of a type. */
  namesOf(entry: FeedEntry): readonly string[];
}
