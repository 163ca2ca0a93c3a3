/** Answer of `GET /v1/pools/{namespace}/{name}/followers`: who follows the pool on the replica that answers. */
export interface FollowersDocument {
  readonly namespace: string;
  readonly name: string;
  /** Of the pool now. Who has an older one may have been spared what was no news. */
  readonly version: string;
  /** How many there are, by consumer. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first 100: those who refused something, then by consumer and client. */
  readonly followers: readonly FollowerDocument[];
}

export interface FollowerDocument {
  /** How it follows: `sse`, `page`, `xds`, `extproc`, `haproxy`. */
  readonly consumer: string;
  /** What it calls itself, such as a node's id; else its address. */
  readonly client: string;
  /** The last version that it took; absent: none yet. */
  readonly version?: string;
  /** RFC 3339. */
  readonly since: string;
  /** Why it refused a version after that. */
  readonly rejected?: string;
}
