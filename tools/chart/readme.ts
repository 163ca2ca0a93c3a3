import { valuesTable } from "./values-table.ts";

const begin = "<!-- values: generated from tools/chart/values.ts by `npm run generate` -->";
const end = "<!-- end of values -->";

/** The chart's README with the table of values put between its marks. */
export function withValuesTable(readme: string): string {
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the chart's README lacks "${begin}" or "${end}"`);
  return `${before}${begin}\n\n${valuesTable()}\n\n${end}${after}`;
}
