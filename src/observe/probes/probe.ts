import type { Probe as ProbeSpec } from "../../api/probe.ts";
import type { Probed } from "../../decide/membership/probing.ts";
import type { Dial } from "../sources/dial.ts";
import type { Tell } from "../sources/scanned.ts";
import { probeGrpc } from "./grpc.ts";
import { probeHttp } from "./http.ts";
import { probePostgres } from "./postgres.ts";
import { probeTcp } from "./tcp.ts";

/**
 * Asks a pod once, over a connection of its own, at this address and no other. Never rejects; failures are words of
 * ours, and nothing that the pod says is in them. Aborting the signal cuts it. `tell` hears more of a failure, if there is
 * more to say.
 */
export type Probe = (dial: Dial, signal: AbortSignal, tell?: Tell) => Promise<Probed>;

/** Every type of probe by the name that users write. */
const probes: Record<ProbeSpec["type"], (spec: ProbeSpec) => Probe> = {
  TCP: ({ timeout }) => probeTcp(timeout),
  HTTP: ({ scheme = "HTTP", path = "/", timeout }) => probeHttp({ scheme, path }, timeout),
  GRPC: ({ service = "", timeout }) => probeGrpc(service, timeout),
  Postgres: ({ user = "postgres", database, timeout }) => probePostgres({ user, database }, timeout),
};

export const createProbe = (spec: ProbeSpec): Probe => probes[spec.type](spec);
