import { type ValueSchema, valuesSchema } from "./values-schema.ts";

interface Row {
  readonly name: string;
  readonly type: string;
  readonly preset: string;
  readonly description: string;
}

const typeOf = (schema: ValueSchema): string => {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") {
    const kinds = schema.items?.anyOf ?? [schema.items];
    return `list of ${kinds.map((item) => `${item?.type}s`).join(" or ")}`;
  }
  if (schema.type === "object" && typeof schema.additionalProperties === "object") return "map";
  return schema.type ?? "any";
};

const rows = (schema: ValueSchema, path: readonly string[] = []): Row[] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const name = [...path, key];
    if (value.type === "object" && value.default === undefined) return rows(value, name);
    return [
      {
        name: name.join("."),
        type: typeOf(value),
        preset: JSON.stringify(value.default),
        description: value.description ?? "",
      },
    ];
  });

const cell = (text: string) => text.replaceAll("|", "\\|");

/** Every value as a row of a Markdown table. */
export const valuesTable = (): string =>
  [
    "| value | type | default | what |",
    "|---|---|---|---|",
    ...rows(valuesSchema()).map(
      ({ name, type, preset, description }) =>
        `| \`${name}\` | ${cell(type)} | \`${cell(preset)}\` | ${cell(description)} |`,
    ),
  ].join("\n");
