const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/**
 * The number that a Kubernetes quantity such as `250m`, `1234567n`, `1.5` or `2Ki` means, to the nearest double;
 * undefined if the text is none or longer than any real one.
 */
export function parseQuantity(text: string): number | undefined {
  const parts =
    text.length <= 64 ? /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([eE][+-]?[0-9]{1,3}|[a-zA-Z]{0,2})$/.exec(text) : null;
  if (!parts) return undefined;
  const [, digits = "", suffix = ""] = parts;
  if (Object.hasOwn(decimal, suffix)) return Number(`${digits}e${decimal[suffix]}`);
  if (Object.hasOwn(binary, suffix)) return Number(digits) * 2 ** binary[suffix]!;
  const value = suffix.length > 1 ? Number(`${digits}${suffix}`) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
