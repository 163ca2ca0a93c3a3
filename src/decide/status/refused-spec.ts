import type { Problem } from "../world.ts";

/** What a pool with a refused spec goes on by. */
const goesOn = {
  before: "The pool goes on by the last spec that was not, and scales nothing.",
  readable: "The pool goes on by what of it can be read, and scales nothing.",
  published: "What is published follows its pods until they go; nothing is added.",
} as const;

/** As long as a message of a condition may be for people to read it. */
const longest = 1_024;

/** What is wrong with a spec, each problem naming its field, and what becomes of the pool. */
export function refusedSpec(problems: string, by?: keyof typeof goesOn): Problem {
  const after = by ? ` ${goesOn[by]}` : "";
  const room = longest - after.length - 1;
  const words = `The spec is refused: ${problems}`;
  const cut = words.length > room ? `${words.slice(0, room - 1)}…` : words;
  return { reason: "InvalidSpec", message: by ? `${cut}.${after}` : words.slice(0, longest) };
}
