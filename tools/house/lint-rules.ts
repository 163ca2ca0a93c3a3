import { layers, type Room } from "./layers.ts";

/** How a room spells the path of another: from any depth inside it, and without what both lie in. */
function spellings(room: string, target: string, depths: readonly number[]): string[] {
  const from = room.split("/");
  const parts = target.split("/");
  const shared = parts.findIndex((part, index) => part !== from[index]);
  const path = parts.slice(shared).join("/");
  return depths.map((depth) => `${"../".repeat(depth - shared)}${path}${path.endsWith(".ts") ? "" : "/**"}`);
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** The rule that holds one room to what it may import, as Biome's configuration has it. */
function overrideOf(name: string, { rooms = [], packages = [], rule }: Room, surroundings: Surroundings) {
  const depth = name.split("/").length;
  const depths = Array.from({ length: surroundings.depthOf(name) - depth + 1 }, (_, inner) => depth + inner);
  const others = surroundings.rooms.filter(
    (other) => !isBelow(other, name) && !isBelow(name, other) && !rooms.includes(other),
  );
  const denied = others.filter((other) => !others.some((outer) => outer !== other && isBelow(other, outer)));
  const group = [
    ...denied.flatMap((other) => spellings(name, other, depths)),
    // A file of a room that is closed otherwise.
    ...rooms
      .filter((other) => denied.some((room) => other.startsWith(`${room}/`)))
      .flatMap((other) => spellings(name, other, depths).map((path) => `!${path}`)),
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
