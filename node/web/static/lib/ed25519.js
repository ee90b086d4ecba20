// Ed25519 verification by the rule of libsodium, which decides on every node (ledger/crypto.py): keys of small order, keys and
// numbers not in their one form, and R of small order are refused, and the equation holds exactly. Browsers differ in these edge
// cases, and some know no Ed25519 at all.
// Curve and numbers: RFC 8032, 5.1. Nothing here is secret, so time may depend on the values.

import { join } from "./bytes.js";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * invert(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const LOW_BITS = 2n ** 255n - 1n;
/** @typedef {[bigint, bigint, bigint, bigint]} Point [X, Y, Z, T] with x = X / Z, y = Y / Z and x * y = T / Z */
/** @type {Point} */
const NEUTRAL = [0n, 1n, 1n, 0n];
const BASE = /** @type {Point} */ (decodePoint(fromNumber(mod(4n * invert(5n)))));

function mod(number, modulus = P) {
  const rest = number % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function power(base, exponent) {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function invert(number) {
  return power(number, P - 2n);
}

/** Little-endian. */
function toNumber(bytes) {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function fromNumber(number) {
  return Uint8Array.from({ length: 32 }, (_, place) => Number((number >> BigInt(8 * place)) & 255n));
}

/** The point of 32 bytes, or null where they are none. Its y may be above P: callers ask `isCanonical` where that matters. @param {Uint8Array} bytes @returns {Point | null} */
function decodePoint(bytes) {
  const whole = toNumber(bytes);
  const y = mod(whole & LOW_BITS);
  const square = mod(y * y);
  const numerator = mod(square - 1n);
  const denominator = mod(D * square + 1n);
  const cube = mod(denominator ** 3n);
  let x = mod(numerator * cube * power(numerator * mod(cube * cube) * denominator, (P - 5n) / 8n));
  const check = mod(denominator * x * x);
  if (check !== numerator) {
    if (check !== mod(-numerator)) return null;
    x = mod(x * ROOT_OF_MINUS_ONE);
  }
  if ((x & 1n) !== whole >> 255n) x = mod(-x);
  return [x, y, 1n, mod(x * y)];
}

function isCanonical(bytes) {
  return (toNumber(bytes) & LOW_BITS) < P;
}

/** @param {Point} left @param {Point} right @returns {Point} */
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * mod(t1 * t2));
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/** @param {Point} point @returns {Point} */
function negate([x, y, z, t]) {
  return [mod(-x), y, z, mod(-t)];
}

/** first * left + second * right, bit by bit for both at once. @param {bigint} first @param {Point} left @param {bigint} second @param {Point} right @returns {Point} */
function addMultiples(first, left, second, right) {
  const both = add(left, right);
  let sum = NEUTRAL;
  for (let bit = 252n; bit >= 0n; bit -= 1n) {
    sum = add(sum, sum);
    const isFirst = ((first >> bit) & 1n) === 1n;
    const isSecond = ((second >> bit) & 1n) === 1n;
    if (isFirst || isSecond) sum = add(sum, isFirst ? (isSecond ? both : left) : right);
  }
  return sum;
}

/** @param {Point} point @returns {boolean} */
function isOfSmallOrder(point) {
  const twice = add(point, point);
  const fourTimes = add(twice, twice);
  const [x, y, z] = add(fourTimes, fourTimes);
  return x === 0n && y === z;
}

/**
 * The points of a key and of a signature that may be good; null where the rule refuses them without a look at the message.
 * @param {Uint8Array} key 32 bytes @param {Uint8Array} signature 64 bytes
 */
export function readPoints(key, signature) {
  const number = toNumber(signature.subarray(32));
  if (number >= ORDER || !isCanonical(key)) return null;
  const owner = decodePoint(key);
  const commitment = decodePoint(signature.subarray(0, 32));
  if (owner === null || commitment === null || isOfSmallOrder(owner) || isOfSmallOrder(commitment)) return null;
  return { owner, commitment, number };
}

/**
 * Whether the equation holds: R = S * B - SHA-512(R, A, M) * A.
 * @param {NonNullable<ReturnType<typeof readPoints>>} points @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature
 */
export async function isEquationTrue({ owner, commitment, number }, key, message, signature) {
  const digest = await crypto.subtle.digest("SHA-512", join(signature.subarray(0, 32), key, message));
  const challenge = mod(toNumber(new Uint8Array(digest)), ORDER);
  const [x, y, z] = addMultiples(number, BASE, challenge, negate(owner));
  const [ownX, ownY] = commitment;
  return isCanonical(signature.subarray(0, 32)) && mod(ownX * z) === x && mod(ownY * z) === y;
}
