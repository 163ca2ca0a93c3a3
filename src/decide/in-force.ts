/** A port of a pool, at the number that one of its pods has it. */
export interface PodPort {
  readonly name: string;
  readonly port: number;
}

/** By UID, the ports that the pool's slices publish pods with. */
export type PortsInForce = ReadonlyMap<string, readonly PodPort[]>;

/** What the pool's slices on its Service say, be they written or already seen. */
export interface SetInForce {
  /** UIDs of the pods that they publish as ready. */
  readonly ready: ReadonlySet<string>;
  /** By UID of a pod, the name of the slice that it has its place in; of two families, the first that has it. */
  readonly sliceOf: ReadonlyMap<string, string>;
  /** By UID of a pod that has a slice of its own, the weight that this carries for Cilium. */
  readonly weights: ReadonlyMap<string, number>;
}
