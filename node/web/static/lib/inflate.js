// Decompression (RFC 1950 zlib, RFC 1951 deflate, RFC 1952 gzip) into a bounded room: one stream, whole, with its check sum, and nothing
// after it. Own, because what browsers have is not bounded, and some have nothing.

import { FormError } from "./bytes.js";

const MAX_BITS = 15;
const LENGTH_BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRAS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
  12289, 16385, 24577];
const DISTANCE_EXTRAS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;
const GZIP_HEADER_BYTES = 10;
const GZIP_RESERVED = 0xe0;

/** @typedef {{ counts: Uint16Array, symbols: Uint16Array }} Code */

/** A stream that is being read, bit by bit, and the room into which it is written. */
class Inflater {
  /** @param {Uint8Array} bytes @param {number} start @param {number} most */
  constructor(bytes, start, most) {
    this.bytes = bytes;
    this.place = start;
    this.held = 0;
    this.heldBits = 0;
    this.room = new Uint8Array(Math.min(most, 1 << 16));
    this.most = most;
    this.end = 0;
  }

  /** @param {number} count @returns {number} */
  bits(count) {
    while (this.heldBits < count) {
      if (this.place >= this.bytes.length) throw new FormError("the compressed data was cut off");
      this.held |= this.bytes[this.place] << this.heldBits;
      this.place += 1;
      this.heldBits += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.heldBits -= count;
    return value;
  }

  /** @param {Code} code @returns {number} */
  symbol({ counts, symbols }) {
    let word = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length += 1) {
      word |= this.bits(1);
      const count = counts[length];
      if (word - count < first) return symbols[index + (word - first)];
      index += count;
      first = (first + count) << 1;
      word <<= 1;
    }
    throw new FormError("the compressed data has a code that has no meaning");
  }

  /** @param {number} byte */
  put(byte) {
    if (this.end === this.most) throw new FormError("the compressed data holds more than it may", "too_large");
    if (this.end === this.room.length) {
      const larger = new Uint8Array(Math.min(this.most, this.room.length * 2));
      larger.set(this.room);
      this.room = larger;
    }
    this.room[this.end] = byte;
    this.end += 1;
  }

  inflate() {
    for (let isLast = 0; isLast === 0;) {
      isLast = this.bits(1);
      const kind = this.bits(2);
      if (kind === 0) this.copyStored();
      else if (kind === 1) this.copyCoded(FIXED_LENGTHS, FIXED_DISTANCES);
      else if (kind === 2) this.copyCoded(...this.readCodes());
      else throw new FormError("the compressed data has a block of an unknown kind");
    }
    this.heldBits = 0;
    return this.room.subarray(0, this.end);
  }

  copyStored() {
    this.held = 0;
    this.heldBits = 0;
    const length = this.bits(16);
    if ((this.bits(16) ^ 0xffff) !== length) throw new FormError("the compressed data has a block with a wrong length");
    if (this.place + length > this.bytes.length) throw new FormError("the compressed data was cut off");
    for (let step = 0; step < length; step += 1) this.put(this.bytes[this.place + step]);
    this.place += length;
  }

  /** @param {Code} lengths @param {Code} distances */
  copyCoded(lengths, distances) {
    for (;;) {
      const symbol = this.symbol(lengths);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) this.put(symbol);
      else this.copyBack(symbol - END_OF_BLOCK - 1, distances);
    }
  }

  /** @param {number} place @param {Code} distances */
  copyBack(place, distances) {
    if (place >= LENGTH_BASES.length) throw new FormError("the compressed data has a length that has no meaning");
    const length = LENGTH_BASES[place] + this.bits(LENGTH_EXTRAS[place]);
    const which = this.symbol(distances);
    if (which >= DISTANCE_BASES.length) throw new FormError("the compressed data has a distance that has no meaning");
    const distance = DISTANCE_BASES[which] + this.bits(DISTANCE_EXTRAS[which]);
    if (distance > this.end) throw new FormError("the compressed data points to before its beginning");
    for (let step = 0; step < length; step += 1) this.put(this.room[this.end - distance]);
  }

  /** @returns {[Code, Code]} */
  readCodes() {
    const lengthCount = this.bits(5) + 257;
    const distanceCount = this.bits(5) + 1;
    const codeCount = this.bits(4) + 4;
    if (lengthCount > 286 || distanceCount > 30) throw new FormError("the compressed data has too many codes");
    const codeLengths = new Array(19).fill(0);
    for (let index = 0; index < codeCount; index += 1) codeLengths[CODE_ORDER[index]] = this.bits(3);
    const lengths = this.readLengths(makeCode(codeLengths, false), lengthCount + distanceCount);
    if (lengths[END_OF_BLOCK] === 0) throw new FormError("the compressed data has a block without an end");
    return [makeCode(lengths.slice(0, lengthCount), true), makeCode(lengths.slice(lengthCount), true)];
  }

  /** @param {Code} code @param {number} count @returns {number[]} */
  readLengths(code, count) {
    /** @type {number[]} */
    const lengths = [];
    while (lengths.length < count) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      if (symbol === 16 && lengths.length === 0) throw new FormError("the compressed data repeats what is not there");
      const repeated = symbol === 16 ? lengths[lengths.length - 1] : 0;
      const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      if (lengths.length + times > count) throw new FormError("the compressed data repeats too often");
      for (let step = 0; step < times; step += 1) lengths.push(repeated);
    }
    return lengths;
  }
}

/** @param {number[]} lengths of the words of each symbol @param {boolean} mayBeOne whether a single word of one bit will do @returns {Code} */
function makeCode(lengths, mayBeOne) {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length] += 1;
  const longest = Math.max(...lengths);
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length += 1) {
    left = left * 2 - counts[length];
    if (left < 0) throw new FormError("the compressed data has more codes than there is room for");
  }
  if (left > 0 && longest > 0 && !(mayBeOne && longest === 1)) throw new FormError("the compressed data has an incomplete code");
  const offsets = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length += 1) offsets[length + 1] = offsets[length] + counts[length];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => { if (length !== 0) symbols[offsets[length]++] = symbol; });
  counts[0] = 0;
  return { counts, symbols };
}

const FIXED_LENGTHS = makeCode(Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)), true);
const FIXED_DISTANCES = makeCode(new Array(32).fill(5), true);

/**
 * What a zlib stream holds, at most `most` bytes.
 * @param {Uint8Array} bytes @param {number} most @returns {Uint8Array}
 */
export function unpackZlib(bytes, most) {
  const [method, flags] = bytes;
  if (bytes.length < 2 || (method & 0x0f) !== 8 || method >> 4 > 7 || (method * 256 + flags) % 31 !== 0 || (flags & 0x20) !== 0) {
    throw new FormError("it is not compressed with zlib");
  }
  const inflater = new Inflater(bytes, 2, most);
  const unpacked = inflater.inflate();
  const sum = readNumber(bytes, inflater.place, false);
  if (sum !== computeAdler(unpacked) || inflater.place + 4 !== bytes.length) throw new FormError("the compressed data does not end as it must");
  return unpacked;
}

/**
 * What a gzip stream holds, at most `most` bytes.
 * @param {Uint8Array} bytes @param {number} most @returns {Uint8Array}
 */
export function unpackGzip(bytes, most) {
  const inflater = new Inflater(bytes, skipGzipHeader(bytes), most);
  const unpacked = inflater.inflate();
  const isWhole = readNumber(bytes, inflater.place, true) === computeCrc(unpacked)
    && readNumber(bytes, inflater.place + 4, true) === unpacked.length && inflater.place + 8 === bytes.length;
  if (!isWhole) throw new FormError("the compressed data does not end as it must");
  return unpacked;
}

/** @param {Uint8Array} bytes @returns {number} where the header ends */
function skipGzipHeader(bytes) {
  const flags = bytes[3];
  if (bytes.length < GZIP_HEADER_BYTES || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || (flags & GZIP_RESERVED) !== 0) {
    throw new FormError("it is not compressed with gzip");
  }
  let place = GZIP_HEADER_BYTES;
  if (flags & 4) place += 2 + bytes[place] + 256 * bytes[place + 1];
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, place);
    if (end < 0) throw new FormError("the compressed data was cut off");
    place = end + 1;
  }
  if (flags & 2) {
    if ((computeCrc(bytes.subarray(0, place)) & 0xffff) !== bytes[place] + 256 * bytes[place + 1]) throw new FormError("the compressed data has a damaged header");
    place += 2;
  }
  return place;
}

/** @param {Uint8Array} bytes @param {number} place @param {boolean} isLittle @returns {number} */
function readNumber(bytes, place, isLittle) {
  if (place + 4 > bytes.length) throw new FormError("the compressed data was cut off");
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(place, isLittle);
}

/** @param {Uint8Array} bytes @returns {number} */
function computeAdler(bytes) {
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return high * 65_536 + low;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let rest = number;
  for (let step = 0; step < 8; step += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** @param {Uint8Array} bytes @returns {number} */
function computeCrc(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ CRC_TABLE[(rest ^ byte) & 0xff];
  return (rest ^ 0xffffffff) >>> 0;
}
