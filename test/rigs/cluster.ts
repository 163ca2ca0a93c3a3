/** All that a client needs to reach a control plane as one user. Plain data: it crosses from the set-up to the test files. */
export interface Cluster {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly kubeconfigPath: string;
  readonly kubectl: string;
  /** Holds the certificate authority, with which `addUser` makes more users. */
  readonly folder: string;
}
