import type { DeclaredPort, Pod } from "../../decide/world.ts";
import { isPodAddress } from "../address.ts";
import { type Failed, failed } from "./scanned.ts";

/** The one place that a pod is read at. */
export interface Dial {
  readonly kind: "dial";
  readonly address: string;
  readonly port: number;
}

export interface DialPolicy {
  /** Pods of the embedded cluster live on loopback. */
  readonly allowLoopback?: boolean;
  /** A pod on the host's network shares its address with the kubelet and whatever else runs on the node. */
  readonly allowHostNetwork?: boolean;
}

const isMeant = ({ name, port }: DeclaredPort, reference: string): boolean =>
  /^[0-9]+$/.test(reference) ? port === Number(reference) : name === reference;

/** Where to read a pod: its own primary address and a port that it declares, by name or number, or nowhere. */
export function findDial(pod: Pod, port: string, { allowLoopback, allowHostNetwork }: DialPolicy): Dial | Failed {
  const address = pod.addresses[0];
  if (address === undefined || !isPodAddress(address, allowLoopback)) return failed("AddressRefused");
  if (pod.hostNetwork && !allowHostNetwork) return failed("AddressRefused");
  const declared = pod.ports.find((candidate) => isMeant(candidate, port));
  return declared ? { kind: "dial", address, port: declared.port } : failed("PortNotDeclared");
}
