import { valueAt } from "../object/json.ts";
import { badRequest } from "../object/status-error.ts";
import type { StoredObject } from "../object/stored-object.ts";

/** Parses `metadata.name=x,status.phase!=Running`; throws 400 on a field that the kind can't be selected by. */
export function parseFieldSelector(text: string, selectable: readonly string[]): (object: StoredObject) => boolean {
  const requirements = text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const [, field, operator, wanted = ""] = /^([^=!]+)(=|==|!=)([^=]*)$/.exec(part) ?? [];
      if (field === undefined) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
      if (!selectable.includes(field)) throw badRequest(`field label not supported: ${field}`);
      const path = field.split(".");
      return (object: StoredObject) => (String(valueAt(object, ...path) ?? "") === wanted) === (operator !== "!=");
    });
  return (object) => requirements.every((holds) => holds(object));
}
