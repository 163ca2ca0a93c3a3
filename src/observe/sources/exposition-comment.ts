import { skipBlanks } from "./exposition-line.ts";

const quote = 0x22;
const blank = 0x20;
const tab = 0x09;
const keyword = Buffer.from("TYPE");
/** What OpenMetrics leaves out of the name of a counter's family. */
const suffix = Buffer.from("_total");

function startsWith(bytes: Buffer, from: number, end: number, expected: Uint8Array): boolean {
  if (end - from < expected.length) return false;
  for (let index = 0; index < expected.length; index++) if (bytes[from + index] !== expected[index]) return false;
  return true;
}

/** Whether a comment declares the type of a metric, by its own name or its family's: `# TYPE name counter`. */
export function declares(bytes: Buffer, hash: number, end: number, name: Uint8Array): boolean {
  const at = skipBlanks(bytes, hash + 1, end);
  if (!startsWith(bytes, at, end, keyword)) return false;
  let from = skipBlanks(bytes, at + keyword.length, end);
  if (from === at + keyword.length) return false;
  const isQuoted = bytes[from] === quote;
  if (isQuoted) from++;
  let to = from;
  while (to < end && (isQuoted ? bytes[to] !== quote : bytes[to] !== blank && bytes[to] !== tab)) to++;
  const isOf = (length: number): boolean =>
    to - from === length && startsWith(bytes, from, to, name.subarray(0, length));
  const familyLength = name.length - suffix.length;
  return isOf(name.length) || (familyLength > 0 && suffix.equals(name.subarray(familyLength)) && isOf(familyLength));
}
