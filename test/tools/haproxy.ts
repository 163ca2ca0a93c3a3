import { findProgram } from "./require-part.ts";

/** HAProxy, as Debian's package has it; it is off the PATH of users. */
export const haproxy = findProgram("haproxy", `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin`);
