import { keyOf } from "../../key.ts";

/** What a gRPC client asks for by `xds:///POOL.NAMESPACE`, with `;access=write` and `:PORT` behind it. */
export interface GrpcTarget {
  /** `namespace/name`, as the feed has it. */
  readonly key: string;
  /** Absent: the pool's first. */
  readonly port?: number;
  readonly access: "read" | "write";
}

/**
 * A client takes a target for the path of a URI, of which grpc-go and grpc-java drop a query, and sends it to pods as the
 * host of its calls, for which grpc-js has it read as a URL's: so no `?`, no `/`, and behind a `:` a number. A pool's name may
 * have dots, a namespace has none.
 */
const form =
  /^(?<name>[a-z0-9][a-z0-9.-]*)\.(?<namespace>[a-z0-9][a-z0-9-]*)(?:;access=(?<access>read|write))?(?::(?<port>[0-9]{1,5}))?$/;

/** Undefined where it is no such name. */
export function readGrpcTarget(target: string): GrpcTarget | undefined {
  // A pool has 253 characters at most, a namespace 63.
  if (target.length > 400) return undefined;
  const { name, namespace, access, port } = form.exec(target)?.groups ?? {};
  if (name === undefined) return undefined;
  return {
    key: keyOf({ namespace, name }),
    ...(port !== undefined && { port: Number(port) }),
    access: access === "write" ? "write" : "read",
  };
}
