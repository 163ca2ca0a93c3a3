import { isDeepStrictEqual } from "node:util";
import { matcherOf } from "../decide/membership/pod-ports.ts";
import type { Pod } from "../decide/world.ts";
import { isPodAddress } from "./address.ts";

/** The one place that a pod is read at. */
export interface Dial {
  readonly kind: "dial";
  readonly address: string;
  readonly port: number;
}

/** Why a pod is not dialled. */
interface Refusal {
  readonly kind: "failed";
  readonly failure: "AddressRefused" | "PortNotDeclared";
}

export interface DialPolicy {
  /** Pods of the embedded cluster live on loopback. */
  readonly allowLoopback?: boolean;
  /** A pod on the host's network shares its address with the kubelet and whatever else runs on the node. */
  readonly allowHostNetwork?: boolean;
}

const refuse = (failure: Refusal["failure"]): Refusal => ({ kind: "failed", failure });

/** Where to read a pod: its own primary address and a port that it declares, by name or number, or nowhere. */
export function findDial(pod: Pod, port: string, { allowLoopback, allowHostNetwork }: DialPolicy): Dial | Refusal {
  const address = pod.addresses[0];
  if (address === undefined || !isPodAddress(address, allowLoopback)) return refuse("AddressRefused");
  if (pod.hostNetwork && !allowHostNetwork) return refuse("AddressRefused");
  const declared = pod.ports.find(matcherOf(port));
  return declared ? { kind: "dial", address, port: declared.port } : refuse("PortNotDeclared");
}

/** Whether two versions of a pod are read at the same place. */
export const isSamePlace = (a: Pod, b: Pod): boolean =>
  a === b ||
  (a.addresses[0] === b.addresses[0] && a.hostNetwork === b.hostNetwork && isDeepStrictEqual(a.ports, b.ports));
