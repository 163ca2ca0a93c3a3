import { intOrString } from "./int-or-string.ts";
import { apiVersion, kind } from "./pool.ts";
import type { Schema } from "./structural.ts";

const propertiesOf = (schema: Schema): [string, Schema][] =>
  Object.entries((schema.properties ?? {}) as Record<string, Schema>);

/** The object that a field holds, if it holds one: itself, or the items of its list. */
function objectIn(schema: Schema): Schema | undefined {
  if (schema.properties) return schema;
  const items = schema.items as Schema | undefined;
  return items?.properties ? items : undefined;
}

function typeOf(schema: Schema): string {
  if (schema[intOrString]) return "text or integer";
  if (schema.enum) return (schema.enum as readonly string[]).map((value) => `\`${value}\``).join(" ");
  if (schema.type === "array")
    return `list of ${(schema.items as Schema).properties ? "objects" : typeOf(schema.items as Schema)}`;
  if (schema.type === "object" && schema.additionalProperties) return "map of texts";
  if (schema.type === "integer") {
    const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
    const isBounded = maximum !== undefined && maximum < 2 ** 31 - 1;
    const hasLeast = minimum !== undefined && minimum > -(2 ** 31);
    return isBounded ? `integer, ${minimum} to ${maximum}` : hasLeast ? `integer, from ${minimum}` : "integer";
  }
  return schema.type === "string" ? (schema.format === "date-time" ? "time" : "text") : String(schema.type);
}

/** Text in a cell of a table. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function rowOf(name: string, schema: Schema, path: string, required: boolean): string {
  const inner = objectIn(schema);
  const label = inner ? `[\`${name}\`](#${`${path}.${name}`.toLowerCase().replaceAll(".", "")})` : `\`${name}\``;
  const isPlain = schema.default !== undefined && typeof schema.default !== "object";
  const value = isPlain ? `\`${schema.default}\`` : required ? "required" : "";
  return `| ${label} | ${cell(typeOf(schema))} | ${value} | ${cell(String(schema.description ?? ""))} |`;
}

function sectionsOf(path: string, schema: Schema): string[] {
  const required = new Set((schema.required ?? []) as readonly string[]);
  const fields = propertiesOf(schema);
  const rules = (schema["x-kubernetes-validations"] ?? []) as readonly { message: string }[];
  const section = [
    `## ${path}`,
    ...(schema.description ? [String(schema.description)] : []),
    fields.length === 0
      ? `It has no fields: write \`${path.split(".").at(-1)}: {}\`.`
      : [
          "| field | type | default | |",
          "|---|---|---|---|",
          ...fields.map(([name, field]) => rowOf(name, field, path, required.has(name))),
        ].join("\n"),
    ...(rules.length > 0 ? [rules.map(({ message }) => `- ${message}`).join("\n")] : []),
  ].join("\n\n");
  return [
    section,
    ...fields.flatMap(([name, field]) => {
      const inner = objectIn(field);
      return inner ? sectionsOf(`${path}.${name}`, { description: field.description, ...inner }) : [];
    }),
  ];
}

/** The resource's fields as a Markdown page, from the schema in its CRD. */
export function describeFields(schema: Schema): string {
  const fields = propertiesOf(schema).filter(([name]) => name === "spec" || name === "status");
  const parts = [
    `# ${kind}`,
    `\`apiVersion: ${apiVersion}\`, \`kind: ${kind}\`, short name \`lbp\`. Durations are texts such as \`500ms\`, \`30s\`, \`5m\`.`,
    "Each line in a list below a table is a rule about several fields. The API server refuses a pool that breaks it.",
    ...fields.flatMap(([name, field]) => sectionsOf(name, field)),
  ];
  return `${parts.join("\n\n")}\n`;
}
