const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isSign = (byte: number | undefined): boolean => byte === 0x2b || byte === 0x2d;

function skipDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at])) at++;
  return at;
}

/** Whether the bytes are a decimal number with optional sign, fraction and exponent. */
function isDecimal(bytes: Uint8Array, from: number, to: number): boolean {
  const start = isSign(bytes[from]) ? from + 1 : from;
  let at = skipDigits(bytes, start, to);
  let digits = at - start;
  if (at < to && bytes[at] === 0x2e) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction, to);
    digits += at - fraction;
  }
  if (digits === 0) return false;
  if (at < to && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    const exponent = at + 1 < to && isSign(bytes[at + 1]) ? at + 2 : at + 1;
    at = skipDigits(bytes, exponent, to);
    if (at === exponent) return false;
  }
  return at === to;
}

const words: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "+inf": Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  "+infinity": Number.POSITIVE_INFINITY,
  "-infinity": Number.NEGATIVE_INFINITY,
};

/** The number that the bytes are, be it finite or not; undefined if they are none. */
export function parseNumber(bytes: Buffer, from: number, to: number): number | undefined {
  if (isDecimal(bytes, from, to)) return Number(bytes.toString("latin1", from, to));
  if (to - from > 9) return undefined;
  const word = bytes.toString("latin1", from, to).toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
