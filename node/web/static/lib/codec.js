// The one codec of everything that is signed or hashed: a part of MessagePack with one encoding for each value (docs/formats/codec.md).
// Values are null, booleans, whole numbers (bigint where they are larger than 2^53 - 1), Uint8Array, strings, and arrays of these.

import { FormError, fromUtf8, join, toUtf8 } from "./bytes.js";

export class CodecError extends FormError {}

const MAX_DEPTH = 32;
const MAX_BYTES = 1 << 20;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 64n - 1n;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const MOST = [0xff, 0xffff, 0xffffffff];

function bigEndian(number, size) {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(64, BigInt(number));
  for (let place = size - 1; place >= 0; place -= 1) {
    bytes[place] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function encodeInteger(given) {
  const value = BigInt(given);
  if (value < LOWEST || value > HIGHEST) throw new CodecError("the number is too large");
  if (value >= 0n && value < 128n) return Uint8Array.of(Number(value));
  if (value < 0n && value >= -32n) return Uint8Array.of(256 + Number(value));
  const first = value < 0n ? 0xd0 : 0xcc;
  for (const [step, bits] of [8n, 16n, 32n, 64n].entries()) {
    const fits = value < 0n ? value >= -(2n ** (bits - 1n)) : value < 2n ** bits;
    if (fits) return join(Uint8Array.of(first + step), bigEndian(value, Number(bits) / 8));
  }
  throw new CodecError("the number is too large");
}

function encodeHead(length, short, shortMost, first, steps) {
  if (short !== null && length <= shortMost) return Uint8Array.of(short + length);
  for (const step of steps) {
    if (length <= MOST[step]) return join(Uint8Array.of(first + step - steps[0]), bigEndian(length, 1 << step));
  }
  throw new CodecError("too long");
}

function encodeText(text) {
  const bytes = toUtf8(text);
  if (CONTROL.test(text)) throw new CodecError("the text has a control character");
  return join(encodeHead(bytes.length, 0xa0, 31, 0xd9, [0, 1, 2]), bytes);
}

/** The encoding of a value; raises `CodecError` for one that has none. */
export function encode(value) {
  if (value === null) return Uint8Array.of(0xc0);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return encodeInteger(value);
  if (typeof value === "string") return encodeText(value);
  if (value instanceof Uint8Array) return join(encodeHead(value.length, null, 0, 0xc4, [0, 1, 2]), value);
  if (Array.isArray(value)) return join(encodeHead(value.length, 0x90, 15, 0xdc, [1, 2]), ...value.map(encode));
  throw new CodecError("a value has no encoding");
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.place = 0;
  }

  take(count) {
    const end = this.place + count;
    if (end > this.bytes.length) throw new CodecError("the bytes end too early");
    const taken = this.bytes.subarray(this.place, end);
    this.place = end;
    return taken;
  }

  number(size) {
    return this.take(size).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }

  /** A length that is told in 2^step bytes, which no shorter form could tell. */
  length(step, lowest) {
    const length = Number(this.number(1 << step));
    if (length < lowest) throw new CodecError("a length is not in its shortest form");
    return length;
  }
}

function toNumber(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readUnsigned(reader, step) {
  const value = reader.number(1 << step);
  const lowest = step === 0 ? 128n : 2n ** BigInt(4 << step);
  if (value < lowest) throw new CodecError("a number is not in its shortest form");
  return toNumber(value);
}

function readSigned(reader, step) {
  const bits = 8 << step;
  const value = BigInt.asIntN(bits, reader.number(1 << step));
  const highest = step === 0 ? -33n : -(2n ** BigInt((4 << step) - 1)) - 1n;
  if (value > highest) throw new CodecError("a number is not in its shortest form");
  return toNumber(value);
}

function readText(reader, length) {
  const text = fromUtf8(reader.take(length));
  if (CONTROL.test(text)) throw new CodecError("the text has a control character");
  return text;
}

function readList(reader, length, depth) {
  if (depth >= MAX_DEPTH) throw new CodecError("lists are nested too deep");
  if (length > reader.bytes.length - reader.place) throw new CodecError("the bytes end too early");
  return Array.from({ length }, () => readValue(reader, depth + 1));
}

function lowestLength(step, short) {
  return step === 0 ? short : MOST[step - 1] + 1;
}

function readValue(reader, depth) {
  const [head] = reader.take(1);
  if (head < 0x80) return head;
  if (head >= 0xe0) return head - 256;
  if (head >= 0x90 && head < 0xa0) return readList(reader, head - 0x90, depth);
  if (head >= 0xa0 && head < 0xc0) return readText(reader, head - 0xa0);
  if (head === 0xc0) return null;
  if (head === 0xc2 || head === 0xc3) return head === 0xc3;
  if (head >= 0xc4 && head <= 0xc6) return reader.take(reader.length(head - 0xc4, lowestLength(head - 0xc4, 0))).slice();
  if (head >= 0xcc && head <= 0xcf) return readUnsigned(reader, head - 0xcc);
  if (head >= 0xd0 && head <= 0xd3) return readSigned(reader, head - 0xd0);
  if (head >= 0xd9 && head <= 0xdb) return readText(reader, reader.length(head - 0xd9, lowestLength(head - 0xd9, 32)));
  if (head === 0xdc) return readList(reader, reader.length(1, 16), depth);
  if (head === 0xdd) return readList(reader, reader.length(2, 0x10000), depth);
  throw new CodecError("a value is of a type that is not used");
}

/** The one value that these bytes are; raises `CodecError` or `FormError` whatever else they are. */
export function decode(bytes, maxBytes = MAX_BYTES) {
  if (bytes.length > maxBytes) throw new CodecError(`there are ${bytes.length} bytes; ${maxBytes} are the most`, "too_large");
  const reader = new Reader(bytes);
  const value = readValue(reader, 0);
  if (reader.place !== bytes.length) throw new CodecError("something stands after the value");
  return value;
}
