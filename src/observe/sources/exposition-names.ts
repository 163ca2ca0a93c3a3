import { nearNames } from "../../decide/basics/near.ts";
import { ExpositionLine, skipBlanks } from "./exposition-line.ts";

const lineFeed = 0x0a;
const hash = 0x23;

/** Longer ones are not told, and of a page no more are looked at: a hint may take a few milliseconds. */
const maxNameBytes = 80;
const mostLines = 10_000;
const mostNames = 2_000;

/** What may leave a pod's answer: a metric name as the data model has it, and nothing that could be a value. */
const isName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Names of the page's metrics that are like the one that was looked for, at most three. */
export function namesLike(body: Buffer, wanted: string): string[] {
  const names = new Set<string>();
  const line = new ExpositionLine();
  let next = 0;
  for (let lines = 0; next < body.length && lines < mostLines && names.size < mostNames; lines++) {
    const from = next;
    const feed = body.indexOf(lineFeed, from);
    next = feed < 0 ? body.length : feed + 1;
    const at = skipBlanks(body, from, next);
    if (body[at] === hash || !line.read(body, at, feed < 0 ? body.length : feed)) continue;
    const { name } = line;
    if (name.length > maxNameBytes) continue;
    const text = Buffer.from(name).toString("latin1");
    if (isName.test(text) && !text.endsWith("_bucket")) names.add(text);
  }
  names.delete(wanted);
  return nearNames(wanted, names);
}
