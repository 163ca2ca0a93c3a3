import { findProgram } from "./require-part.ts";

/** Prometheus, as Debian's package has it. */
export const prometheus = findProgram("prometheus");
