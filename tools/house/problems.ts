import { circlesIn } from "./circles.ts";
import { exportedTypesOf, neighboursOf, type Source } from "./sources.ts";

/** Past so many lines a file has a second room inside. */
export const mostLines = 300;

/** What is wrong with a house, a sentence each: circles of imports, types of one name, files that are too long. */
export function problemsOf(sources: readonly Source[]): string[] {
  const circles = circlesIn(new Map(sources.map((source) => [source.path, neighboursOf(source)])));
  const declared = new Map<string, string[]>();
  for (const source of sources)
    for (const name of new Set(exportedTypesOf(source)))
      declared.set(name, [...(declared.get(name) ?? []), source.path]);
  return [
    ...circles.map((circle) => `These files import each other in a circle, types included: ${circle.join(", ")}`),
    ...[...declared]
      .filter(([, paths]) => paths.length > 1)
      .map(([name, paths]) => `The type ${name} is exported by ${paths.join(" and ")}: one word, one thing`),
    ...sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > mostLines)
      .map(
        ({ path, lines }) => `${path} has ${lines} lines, and ${mostLines} are the most: there is a second room inside`,
      ),
  ];
}
