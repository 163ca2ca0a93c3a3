/** All that a client needs to reach a control plane as one user. Plain data: it crosses from the set-up to the test files. */
export interface Cluster {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly kubeconfigPath: string;
  readonly kubectl: string;
  /** Holds the certificate authority, if there is one, with which `addUser` makes more users. */
  readonly folder: string;
  /** Pods get loopback addresses, which the operator has to be told to take. */
  readonly podsOnLoopback: boolean;
}
