// Base45 (RFC 9285): bytes in the characters of a QR code's alphanumeric mode.

import { FormError } from "./bytes.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** @param {Uint8Array} bytes @returns {string} */
export function toBase45(bytes) {
  let text = "";
  for (let place = 0; place < bytes.length; place += 2) {
    const isPair = place + 1 < bytes.length;
    let rest = isPair ? bytes[place] * 256 + bytes[place + 1] : bytes[place];
    for (let digit = 0; digit < (isPair ? 3 : 2); digit += 1) {
      text += ALPHABET[rest % 45];
      rest = Math.floor(rest / 45);
    }
  }
  return text;
}

/**
 * The bytes of Base45, in its one form; raises `FormError` for anything else.
 * @param {string} text @returns {Uint8Array}
 */
export function fromBase45(text) {
  if (text.length % 3 === 1) throw new FormError("that is no Base45");
  const bytes = new Uint8Array(Math.floor(text.length / 3) * 2 + (text.length % 3 === 2 ? 1 : 0));
  let end = 0;
  for (let place = 0; place < text.length; place += 3) {
    const digits = [...text.slice(place, place + 3)].map((character) => ALPHABET.indexOf(character));
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const length = digits.length - 1;
    if (digits.includes(-1) || value >= 256 ** length) throw new FormError("that is no Base45");
    if (length === 2) bytes[end++] = value >> 8;
    bytes[end++] = value & 255;
  }
  return bytes;
}
