export type Floor = "Half" | "TwoThirds";

/** A Service before the pods: with a selector, as everybody has them, or a pool's with a ready set. */
export interface Front {
  readonly service: string;
  /** The port of the pods that belongs to it. */
  readonly port: number;
  /** Of a pool's ready set; a plain Service has none. */
  readonly floor?: Floor;
  /** The pool asks the fullest pods to close connections, which come back at once. */
  readonly isRebalanced?: boolean;
  /** Without an address of its own: clients take one of those that DNS answers, and kube-proxy has no part in it. */
  readonly isHeadless?: boolean;
}

export type FrontKind = "plain" | "half" | "default" | "headless" | "rebalanced";

const traits: Readonly<Record<FrontKind, Omit<Front, "service" | "port">>> = {
  plain: {},
  half: { floor: "Half" },
  default: { floor: "TwoThirds" },
  headless: { floor: "Half", isHeadless: true },
  rebalanced: { floor: "TwoThirds", isRebalanced: true },
};

const firstPort = 8_001;

/** As many of each kind as are to be averaged over, such as `half-1`. All stand before the same pods and know nothing of each other. */
export function makeFronts(kinds: readonly FrontKind[], replicates: number): Front[] {
  const named = kinds.flatMap((kind) =>
    Array.from({ length: replicates }, (_, index) => ({ service: `${kind}-${index + 1}`, ...traits[kind] })),
  );
  return named.map((front, index) => ({ ...front, port: firstPort + index }));
}

export const isOfKind = (service: string, kind: FrontKind): boolean => service.startsWith(`${kind}-`);
