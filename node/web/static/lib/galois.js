/**
 * The field of 256 elements that QR codes count in (ISO/IEC 18004, 7.5.2: polynomial x^8 + x^4 + x^3 + x^2 + 1), and
 * Reed-Solomon over it. Codewords stand with the highest power first.
 */

const EXPONENTS = new Uint8Array(510);
const LOGARITHMS = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXPONENTS[power] = value;
  EXPONENTS[power + 255] = value;
  LOGARITHMS[value] = power;
  value = value & 0x80 ? ((value << 1) ^ 0x11d) : value << 1;
}

/** @param {number} left @param {number} right @returns {number} */
export function multiply(left, right) {
  return left === 0 || right === 0 ? 0 : EXPONENTS[LOGARITHMS[left] + LOGARITHMS[right]];
}

/** @param {number} value not 0 @returns {number} */
function invert(value) {
  return EXPONENTS[255 - LOGARITHMS[value]];
}

/** @param {number} power from 0 @returns {number} 2 to that power */
function raise(power) {
  return EXPONENTS[power % 255];
}

/** @type {Map<number, Uint8Array>} */
const generators = new Map();

/** @param {number} degree @returns {Uint8Array} the generator polynomial without its leading 1 */
function findGenerator(degree) {
  const known = generators.get(degree);
  if (known !== undefined) return known;
  const made = new Uint8Array(degree);
  made[degree - 1] = 1;
  for (let power = 0; power < degree; power += 1) {
    for (let index = 0; index < degree; index += 1) {
      made[index] = multiply(made[index], raise(power)) ^ (index + 1 < degree ? made[index + 1] : 0);
    }
  }
  generators.set(degree, made);
  return made;
}

/**
 * Return the correction codewords of a block.
 * @param {Uint8Array} data @param {number} count @returns {Uint8Array}
 */
export function computeCorrection(data, count) {
  const generator = findGenerator(count);
  const rest = new Uint8Array(count);
  for (const byte of data) {
    const factor = byte ^ rest[0];
    rest.copyWithin(0, 1);
    rest[count - 1] = 0;
    for (let index = 0; index < count; index += 1) rest[index] ^= multiply(generator[index], factor);
  }
  return rest;
}

/**
 * Correct a block in place.
 * @param {Uint8Array} block data, then `count` correction codewords @param {number} count
 * @returns {boolean} whether it is a codeword now
 */
export function correctBlock(block, count) {
  const syndromes = computeSyndromes(block, count);
  if (syndromes.every((item) => item === 0)) return true;
  const locator = findLocator(syndromes);
  const errors = locator.length - 1;
  if (errors < 1 || errors * 2 > count) return false;
  const places = findPlaces(locator, block.length);
  if (places.length !== errors) return false;
  applyMagnitudes(block, syndromes, locator, places);
  return computeSyndromes(block, count).every((item) => item === 0);
}

/** @param {Uint8Array} block @param {number} count @returns {number[]} */
function computeSyndromes(block, count) {
  return Array.from({ length: count }, (_, power) => {
    let sum = 0;
    for (const byte of block) sum = multiply(sum, raise(power)) ^ byte;
    return sum;
  });
}

/**
 * The error locator by Berlekamp and Massey, lowest power first.
 * @param {number[]} syndromes @returns {number[]}
 */
function findLocator(syndromes) {
  let current = [1];
  let previous = [1];
  let length = 0;
  let shift = 1;
  let scale = 1;
  for (let step = 0; step < syndromes.length; step += 1) {
    let discrepancy = syndromes[step];
    for (let index = 1; index <= length; index += 1) discrepancy ^= multiply(current[index] ?? 0, syndromes[step - index]);
    if (discrepancy === 0) {
      shift += 1;
      continue;
    }
    const factor = multiply(discrepancy, invert(scale));
    const next = [...current];
    for (let index = 0; index < previous.length; index += 1) {
      next[index + shift] = (next[index + shift] ?? 0) ^ multiply(factor, previous[index]);
    }
    for (let index = 0; index < next.length; index += 1) next[index] ??= 0;
    if (2 * length <= step) {
      [previous, scale, length, shift] = [current, discrepancy, step + 1 - length, 1];
    } else {
      shift += 1;
    }
    current = next;
  }
  while (current.length > 1 && current[current.length - 1] === 0) current.pop();
  return current;
}

/** @param {number[]} polynomial lowest power first @param {number} at @returns {number} */
function evaluate(polynomial, at) {
  return polynomial.reduceRight((sum, item) => multiply(sum, at) ^ item, 0);
}

/** @param {number[]} locator @param {number} length @returns {number[]} powers of the positions in error */
function findPlaces(locator, length) {
  const places = [];
  for (let power = 0; power < length; power += 1) {
    if (evaluate(locator, raise(255 - power)) === 0) places.push(power);
  }
  return places;
}

/** Forney's formula. @param {Uint8Array} block @param {number[]} syndromes @param {number[]} locator @param {number[]} places */
function applyMagnitudes(block, syndromes, locator, places) {
  const evaluator = syndromes.map((_, power) =>
    locator.reduce((sum, item, index) => (index <= power ? sum ^ multiply(item, syndromes[power - index]) : sum), 0),
  );
  const derivative = locator.slice(1).map((item, index) => (index % 2 === 0 ? item : 0));
  for (const power of places) {
    const inverse = raise(255 - power);
    const divisor = evaluate(derivative, inverse);
    if (divisor === 0) return;
    const magnitude = multiply(raise(power), multiply(evaluate(evaluator, inverse), invert(divisor)));
    block[block.length - 1 - power] ^= magnitude;
  }
}
