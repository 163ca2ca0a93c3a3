import { stringify } from "yaml";

/** A document as JSON or YAML. */
export const formatDocument = (document: object, output: "json" | "yaml"): string =>
  output === "json" ? `${JSON.stringify(document, undefined, 2)}\n` : stringify(document, { lineWidth: 0 });
