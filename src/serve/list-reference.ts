import { defined } from "../api/defined.ts";
import { poolKeyPattern } from "./pool-key.ts";

/** A list of a pool, and a port of its pods. */
export interface ListReference {
  /** `namespace/pool`. */
  readonly key: string;
  /** Name or number of a port; absent: the pool's first. */
  readonly port?: string;
  /** `write`: the pods that take writes. */
  readonly access: "read" | "write";
}

const form = new RegExp(
  `^(?<key>${poolKeyPattern})(?::(?<port>[a-z0-9-]{1,15}))?(?:\\?access=(?<access>read|write))?$`,
);

/** Reads `namespace/pool`, `namespace/pool:port` and either with `?access=read` or `?access=write`. */
export function readListReference(text: string): ListReference | undefined {
  // A pool's name has 253 characters at most.
  if (text.length > 400) return undefined;
  const { key, port, access } = form.exec(text)?.groups ?? {};
  if (key === undefined) return undefined;
  return { key, ...defined({ port }), access: access === "write" ? "write" : "read" };
}
