import { layers, type Room } from "./layers.ts";

/** A room's path may be spelled from any depth inside it. */
const spellings = (target: string, depths: readonly number[]): string[] =>
  depths.map((depth) => `${"../".repeat(depth)}${target}${target.endsWith(".ts") ? "" : "/**"}`);

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** The rule that holds one room to what it may import, as Biome's configuration has it. */
function overrideOf(name: string, { rooms = [], packages = [], rule }: Room, surroundings: Surroundings) {
  const depth = name.split("/").length;
  const depths = Array.from({ length: surroundings.depthOf(name) - depth + 1 }, (_, inner) => depth + inner);
  const denied = surroundings.rooms.filter(
    (other) => !isBelow(other, name) && !isBelow(name, other) && !rooms.includes(other),
  );
  const group = [
    ...denied.flatMap((other) => spellings(other, depths)),
    // A file of a room that is closed otherwise.
    ...rooms
      .filter((other) => denied.some((room) => other.startsWith(`${room}/`)))
      .flatMap((other) => spellings(other, depths).map((path) => `!${path}`)),
    ...surroundings.packages
      .filter((other) => !packages.includes(other))
      .flatMap((other) => (other.endsWith("*") ? [other] : [other, `${other}/**`])),
  ];
  const noRestrictedImports = { level: "error", options: { patterns: [{ group, message: rule }] } };
  return { includes: [`src/${name}/**`], linter: { rules: { style: { noRestrictedImports } } } };
}

/** What there is to import. */
export interface Surroundings {
  /** Rooms of `src`: its folders and files. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** How many folders deep the deepest file of a room lies. */
  readonly depthOf: (room: string) => number;
}

/** Biome's configuration of who may import whom, generated from the table of layers. */
export const lintRules = (surroundings: Surroundings) => ({
  overrides: Object.entries(layers).map(([name, room]) => overrideOf(name, room, surroundings)),
});
