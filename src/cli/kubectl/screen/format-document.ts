import { Document, visit } from "yaml";

// What JSON and YAML leave as it is, and terminals may obey: DEL, C1 controls, format characters and separators of lines.
const unsafe = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/u;
const eachUnsafe = new RegExp(unsafe, "gu");

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

/** In JSON as `\uXXXX`, with two of them beyond U+FFFF. */
const escapeInJson = (text: string): string =>
  text.replace(eachUnsafe, (found) =>
    [...Array(found.length).keys()].map((at) => `\\u${hex(found.charCodeAt(at), 4)}`).join(""),
  );

/** A document as JSON without characters that a terminal could obey. */
export const toSafeJson = (document: object, indent?: number): string =>
  escapeInJson(JSON.stringify(document, undefined, indent));

function toSafeYaml(object: object): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      // Escapes are known between double quotes alone.
      if (typeof node.value === "string" && unsafe.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0 }).replace(eachUnsafe, (found) => `\\U${hex(found.codePointAt(0)!, 8)}`);
}

/** A document as JSON or YAML, with escapes for what a terminal could obey. */
export const formatDocument = (document: object, output: "json" | "yaml"): string =>
  output === "json" ? `${toSafeJson(document, 2)}\n` : toSafeYaml(document);
