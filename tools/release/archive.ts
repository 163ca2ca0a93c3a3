import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** A file in an archive. */
export interface Entry {
  /** With `/` between folders; 100 bytes at most. */
  readonly name: string;
  readonly content: Uint8Array;
  readonly executable?: boolean;
}

const block = 512;
/** The first moment that all archive formats can tell, so that nobody's tar finds it implausible. */
const time = Date.UTC(1980, 0, 1) / 1_000;

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;

/** A header as POSIX has it (ustar), for a file of nobody's. */
function headerOf({ name, content, executable }: Entry): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for an archive`);
  const header = Buffer.alloc(block);
  header.write(name, 0);
  header.write(octal(executable ? 0o755 : 0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(time, 12), 136);
  // The sum counts itself as blanks.
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** A tar archive, compressed by gzip. The same entries make the same bytes, on every machine with this Node. */
export async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const blocks = entries.flatMap((entry) => [
    headerOf(entry),
    entry.content,
    Buffer.alloc((block - (entry.content.length % block)) % block),
  ]);
  const zipped = await promisify(gzip)(Buffer.concat([...blocks, Buffer.alloc(2 * block)]), { level: 9 });
  // Which operating system made it is nobody's business: unknown.
  zipped[9] = 255;
  return zipped;
}
