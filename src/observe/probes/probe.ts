import type { Probe } from "../../api/probe.ts";
import { probeGrpc } from "./grpc.ts";
import { probeHttp } from "./http.ts";
import type { ProbeOnce } from "./limited.ts";
import { probePostgres } from "./postgres.ts";
import { probeTcp } from "./tcp.ts";

/** Every type of probe by the name that users write. */
const probes: Record<Probe["type"], (spec: Probe) => ProbeOnce> = {
  TCP: ({ timeout }) => probeTcp(timeout),
  HTTP: ({ scheme = "HTTP", host, path = "/", timeout }) => probeHttp({ scheme, host, path }, timeout),
  GRPC: ({ service = "", timeout }) => probeGrpc(service, timeout),
  Postgres: ({ user = "postgres", database, timeout }) => probePostgres({ user, database }, timeout),
};

export const createProbe = (spec: Probe): ProbeOnce => probes[spec.type](spec);
