const tab = 0x09;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
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

/** Where a label's value starts behind its quote, of a label whose name ends here; -1 if there is none. */
function startOfText(bytes: Uint8Array, from: number, end: number): number {
  let at = skipBlanks(bytes, from, end);
  if (at >= end || bytes[at] !== equals) return -1;
  at = skipBlanks(bytes, at + 1, end);
  return at < end && bytes[at] === quote ? at + 1 : -1;
}

/** Position after a label whose name is not in quotes; -1 if it is malformed. */
function skipLabel(bytes: Uint8Array, from: number, end: number): number {
  const nameTo = skipName(bytes, from, end);
  const text = nameTo === from ? -1 : startOfText(bytes, nameTo, end);
  const textTo = text < 0 ? -1 : endOfQuoted(bytes, text, end);
  return textTo < 0 ? -1 : textTo + 1;
}

/**
 * Whether a value of several numbers begins here, as histograms have in newer formats: `{count:3,sum:1.5}`. There is no
 * quote in one, so that nothing in it can pass for another line.
 */
export function isComposite(bytes: Uint8Array, from: number, end: number): boolean {
  if (bytes[from] !== open) return false;
  const name = skipBlanks(bytes, from + 1, end);
  // A colon may be part of a name, an equals sign not.
  const nameTo = skipName(bytes, name, end);
  let at = name;
  while (at < nameTo && bytes[at] !== colon) at++;
  if (at === name || at === nameTo) return false;
  while (at < end && bytes[at] !== close) {
    if (bytes[at] === quote || bytes[at] === equals || bytes[at] === open) return false;
    at++;
  }
  return at < end;
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

/** The text that the bytes are, their escapes undone. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  const text = Buffer.allocUnsafe(to - from);
  let length = 0;
  for (let at = from; at < to; at++) {
    const escaped = bytes[at] === backslash && at + 1 < to ? decodeEscape(bytes[at + 1]) : undefined;
    text[length++] = escaped ?? bytes[at]!;
    if (escaped !== undefined) at++;
  }
  return text.toString("utf8", 0, length);
}

/** A label that a series must have. An empty value also stands for a label that is absent, as in PromQL. */
export interface ExpectedLabel {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Name, labels and start of the value of one sample line, kept as offsets: a line costs no memory, however long it is and
 * however many labels it has. Reads `name{label="value"} 1` and the quoted form `{"name", "label"="value"} 1`.
 */
export class ExpositionLine {
  #bytes: Uint8Array = new Uint8Array();
  #end = 0;
  #nameFrom = 0;
  #nameTo = 0;
  /** Behind the opening brace; 0 where there are no labels. */
  #labelsFrom = 0;
  /** Of the label that was read last; empty where that was the name of the metric. */
  #labelFrom = 0;
  #labelTo = 0;
  #textFrom = 0;
  #textTo = 0;
  /** Where the value starts. */
  valueFrom = 0;

  /** False if the line is malformed. */
  read(bytes: Uint8Array, from: number, end: number): boolean {
    this.#bytes = bytes;
    this.#end = end;
    this.#nameFrom = from;
    this.#nameTo = skipName(bytes, from, end);
    this.#labelsFrom = 0;
    let at = skipBlanks(bytes, this.#nameTo, end);
    if (bytes[at] === open && at < end) at = this.#readLabels(at);
    else if (at === this.#nameTo) return false;
    if (at < 0 || this.#nameFrom === this.#nameTo) return false;
    this.valueFrom = skipBlanks(bytes, at, end);
    if (this.valueFrom >= end) return false;
    return hasKind(bytes[this.valueFrom], 4) || isComposite(bytes, this.valueFrom, end);
  }

  isNamed(name: Uint8Array): boolean {
    return isText(this.#bytes, this.#nameFrom, this.#nameTo, name);
  }

  /** The name as it stands there. */
  get name(): Uint8Array {
    return this.#bytes.subarray(this.#nameFrom, this.#nameTo);
  }

  has({ name, value }: ExpectedLabel): boolean {
    if (!this.#find(name)) return value.length === 0;
    return isText(this.#bytes, this.#textFrom, this.#textTo, value);
  }

  /** The value of a label, its escapes undone; empty where there is none, undefined where it is longer than so many bytes. */
  valueOf(name: Uint8Array, maxBytes: number): string | undefined {
    if (!this.#find(name)) return "";
    if (this.#textTo - this.#textFrom > maxBytes) return undefined;
    return textOf(this.#bytes, this.#textFrom, this.#textTo);
  }

  /** Goes to a label; false if there is none of that name. */
  #find(name: Uint8Array): boolean {
    if (this.#labelsFrom === 0) return false;
    const bytes = this.#bytes;
    let at = skipBlanks(bytes, this.#labelsFrom, this.#end);
    while (bytes[at] !== close) {
      at = this.#skipComma(this.#readItem(at));
      const isLabel = this.#labelFrom < this.#labelTo;
      if (isLabel && isText(bytes, this.#labelFrom, this.#labelTo, name)) return true;
    }
    return false;
  }

  /** Every label with its value, the escapes undone. */
  *labels(): Generator<[name: string, value: string]> {
    if (this.#labelsFrom === 0) return;
    const bytes = this.#bytes;
    let at = skipBlanks(bytes, this.#labelsFrom, this.#end);
    while (bytes[at] !== close) {
      at = this.#skipComma(this.#readItem(at));
      if (this.#labelFrom === this.#labelTo) continue;
      yield [textOf(bytes, this.#labelFrom, this.#labelTo), textOf(bytes, this.#textFrom, this.#textTo)];
    }
  }

  /** Position after the closing brace, that of the opening one if a value begins with it; -1 if the labels are malformed. */
  #readLabels(brace: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = skipBlanks(bytes, brace + 1, end);
    while (at < end && bytes[at] !== close) {
      at = bytes[at] === quote ? this.#readQuoted(at) : skipLabel(bytes, at, end);
      if (at < 0) return isComposite(bytes, brace, end) ? brace : -1;
      at = this.#skipComma(at);
      if (at < 0) return -1;
    }
    if (at >= end) return -1;
    this.#labelsFrom = brace + 1;
    return at + 1;
  }

  /** Reads a label whose name is in quotes, or the metric's own name. */
  #readQuoted(from: number): number {
    const at = this.#readItem(from);
    if (at < 0 || this.#labelFrom < this.#labelTo) return at;
    if (this.#nameFrom !== this.#nameTo) return -1;
    this.#nameFrom = this.#textFrom;
    this.#nameTo = this.#textTo;
    return at;
  }

  /** Where the next item or the closing brace is; -1 if there is neither. */
  #skipComma(from: number): number {
    const bytes = this.#bytes;
    const at = skipBlanks(bytes, from, this.#end);
    if (at < this.#end && bytes[at] === comma) return skipBlanks(bytes, at + 1, this.#end);
    return bytes[at] === close ? at : -1;
  }

  /** Reads a label, or the metric's own name in quotes; brings the position after it, -1 if it is malformed. */
  #readItem(from: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const isQuoted = bytes[from] === quote;
    const nameFrom = isQuoted ? from + 1 : from;
    const nameTo = isQuoted ? endOfQuoted(bytes, nameFrom, end) : skipName(bytes, from, end);
    if (nameTo < 0) return -1;
    this.#labelFrom = nameFrom;
    this.#labelTo = nameTo;
    const at = isQuoted ? nameTo + 1 : nameTo;
    const text = startOfText(bytes, at, end);
    if (text < 0) {
      if (!isQuoted || bytes[skipBlanks(bytes, at, end)] === equals) return -1;
      this.#labelTo = nameFrom;
      this.#textFrom = nameFrom;
      this.#textTo = nameTo;
      return at;
    }
    const textTo = endOfQuoted(bytes, text, end);
    if (nameFrom === nameTo || textTo < 0) return -1;
    this.#textFrom = text;
    this.#textTo = textTo;
    return textTo + 1;
  }
}
