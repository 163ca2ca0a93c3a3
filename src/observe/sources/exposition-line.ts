const tab = 0x09;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const equals = 0x3d;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/** Bit 1: may start a name; bit 2: may continue one; bit 4: may start a number. */
const kinds = new Uint8Array(256);
for (const char of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:") kinds[char.charCodeAt(0)] = 3;
for (const char of "0123456789") kinds[char.charCodeAt(0)] = 2;
for (const char of "0123456789+-.nNiI") kinds[char.charCodeAt(0)]! |= 4;

const hasKind = (byte: number | undefined, kind: number): boolean => byte !== undefined && (kinds[byte]! & kind) !== 0;

export const isBlank = (byte: number | undefined): boolean => byte === space || byte === tab;

export function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

function skipName(bytes: Uint8Array, from: number, end: number): number {
  if (!hasKind(bytes[from], 1)) return from;
  let at = from + 1;
  while (at < end && hasKind(bytes[at], 2)) at++;
  return at;
}

/** Where a quoted text that starts after its quote ends; -1 if it does not. */
function endOfQuoted(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    if (bytes[at] === quote) return at;
    if (bytes[at] === backslash) at++;
  }
  return -1;
}

function decodeEscape(byte: number | undefined): number | undefined {
  if (byte === 0x6e) return 0x0a;
  return byte === backslash || byte === quote ? byte : undefined;
}

/** Whether the bytes, their escapes undone, are the expected text. An unknown escape stands for itself. */
function isText(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  let length = 0;
  for (let at = from; at < to; at++) {
    let byte = bytes[at];
    const escaped = byte === backslash && at + 1 < to ? decodeEscape(bytes[at + 1]) : undefined;
    if (escaped !== undefined) {
      byte = escaped;
      at++;
    }
    if (byte !== expected[length++]) return false;
  }
  return length === expected.length;
}

export interface LineLimits {
  readonly maxLabels: number;
  /** Of one label's name or value. */
  readonly maxLabelBytes: number;
}

/** A label that a series must have. An empty value also stands for a label that is absent, as in PromQL. */
export interface ExpectedLabel {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Name, labels and start of the value of one sample line, kept as offsets so that a line which nobody wants costs no
 * allocation. Reads `name{label="value"} 1` and the quoted form `{"name", "label"="value"} 1`.
 */
export class ExpositionLine {
  readonly #limits: LineLimits;
  /** Four offsets per label: name from, name to, value from, value to. */
  readonly #labels: Int32Array;
  #bytes: Uint8Array = new Uint8Array();
  #labelCount = 0;
  #nameFrom = 0;
  #nameTo = 0;
  /** Where the value starts. */
  valueFrom = 0;

  constructor(limits: LineLimits) {
    this.#limits = limits;
    this.#labels = new Int32Array(4 * limits.maxLabels);
  }

  /** False if the line is malformed. */
  read(bytes: Uint8Array, from: number, end: number): boolean {
    this.#bytes = bytes;
    this.#labelCount = 0;
    this.#nameFrom = from;
    this.#nameTo = skipName(bytes, from, end);
    let at = skipBlanks(bytes, this.#nameTo, end);
    if (bytes[at] === open && at < end) at = this.#readLabels(at + 1, end);
    else if (at === this.#nameTo) return false;
    if (at < 0 || this.#nameFrom === this.#nameTo) return false;
    this.valueFrom = skipBlanks(bytes, at, end);
    return this.valueFrom < end && hasKind(bytes[this.valueFrom], 4);
  }

  isNamed(name: Uint8Array): boolean {
    return isText(this.#bytes, this.#nameFrom, this.#nameTo, name);
  }

  has({ name, value }: ExpectedLabel): boolean {
    for (let label = 0; label < 4 * this.#labelCount; label += 4) {
      if (this.#isText(label, name)) return this.#isText(label + 2, value);
    }
    return value.length === 0;
  }

  #isText(offset: number, expected: Uint8Array): boolean {
    return isText(this.#bytes, this.#labels[offset]!, this.#labels[offset + 1]!, expected);
  }

  /** Position after the closing brace; -1 if the labels are malformed or too many. */
  #readLabels(from: number, end: number): number {
    const bytes = this.#bytes;
    let at = skipBlanks(bytes, from, end);
    while (at < end && bytes[at] !== close) {
      at = bytes[at] === quote ? this.#readQuoted(at + 1, end) : this.#readLabel(at, skipName(bytes, at, end), end);
      if (at < 0) return -1;
      at = skipBlanks(bytes, at, end);
      if (at < end && bytes[at] === comma) at = skipBlanks(bytes, at + 1, end);
      else if (bytes[at] !== close) return -1;
    }
    return at < end ? at + 1 : -1;
  }

  /** A quoted label name, or the metric's own name. */
  #readQuoted(from: number, end: number): number {
    const to = endOfQuoted(this.#bytes, from, end);
    if (to < 0) return -1;
    const at = skipBlanks(this.#bytes, to + 1, end);
    if (at < end && this.#bytes[at] === equals) return this.#readLabel(from, to, end, at);
    if (this.#nameFrom !== this.#nameTo) return -1;
    this.#nameFrom = from;
    this.#nameTo = to;
    return at;
  }

  #readLabel(nameFrom: number, nameTo: number, end: number, afterName = nameTo): number {
    const { maxLabels, maxLabelBytes } = this.#limits;
    const bytes = this.#bytes;
    let at = skipBlanks(bytes, afterName, end);
    if (nameFrom === nameTo || at >= end || bytes[at] !== equals) return -1;
    at = skipBlanks(bytes, at + 1, end);
    if (at >= end || bytes[at] !== quote) return -1;
    const valueTo = endOfQuoted(bytes, at + 1, end);
    const longest = Math.max(nameTo - nameFrom, valueTo - at - 1);
    if (valueTo < 0 || longest > maxLabelBytes || this.#labelCount === maxLabels) return -1;
    const label = 4 * this.#labelCount++;
    this.#labels[label] = nameFrom;
    this.#labels[label + 1] = nameTo;
    this.#labels[label + 2] = at + 1;
    this.#labels[label + 3] = valueTo;
    return valueTo + 1;
  }
}
