// The log's tree (RFC 6962, 2.1; RFC 9162, 2.1): proofs that entries are in it. Sizes and indexes may be bigints.

import { isSame } from "./bytes.js";
import { Refusal } from "./errors.js";
import { hash } from "./sha256.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Uint8Array} entry @returns {Uint8Array} */
export function computeLeafHash(entry) {
  return hash(LEAF, entry);
}

/** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
export function computeNodeHash(left, right) {
  return hash(NODE, left, right);
}

/** @param {string} detail */
function refuse(detail) {
  return new Refusal("invalid_proof", detail);
}

/**
 * The root to which an inclusion proof leads (RFC 9162, 2.1.3.2); raises `Refusal` where it has too few or too many hashes.
 * @param {Uint8Array} leafHash @param {number | bigint} index @param {number | bigint} size @param {Uint8Array[]} path @returns {Uint8Array}
 */
export function computeRootFromPath(leafHash, index, size, path) {
  let position = BigInt(index);
  let last = BigInt(size) - 1n;
  if (position < 0n || position > last) throw refuse("the log has no entry at that index");
  let node = leafHash;
  for (const sibling of path) {
    if (last === 0n) throw refuse("the inclusion proof is too long");
    if ((position & 1n) === 1n || position === last) {
      node = computeNodeHash(sibling, node);
      while (position !== 0n && (position & 1n) === 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      node = computeNodeHash(node, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw refuse("the inclusion proof is too short");
  return node;
}

/**
 * Raise `Refusal` unless all entries are in the log of that size and root (docs/formats/bundle.md, "Proof of the entries").
 * @param {{ index: bigint, entry: Uint8Array }[]} entries ascending @param {bigint} size @param {Uint8Array[]} proof @param {Uint8Array} root
 */
export function verifyEntries(entries, size, proof, root) {
  if (entries.length === 0) {
    if (proof.length > 0) throw refuse("a proof of no entries is empty");
    return;
  }
  if (entries[entries.length - 1].index >= size) throw refuse("the log has no entry at that index");
  let used = 0;
  const take = () => {
    if (used === proof.length) throw refuse("the proof of the entries is too short");
    used += 1;
    return proof[used - 1];
  };
  /** @type {(from: number, to: number, begin: bigint, end: bigint) => Uint8Array} */
  const computeRoot = (from, to, begin, end) => {
    if (from === to) return take();
    if (end - begin === 1n) return computeLeafHash(entries[from].entry);
    const middle = begin + largestPowerOfTwoBelow(end - begin);
    let split = from;
    while (split < to && entries[split].index < middle) split += 1;
    const left = computeRoot(from, split, begin, middle);
    return computeNodeHash(left, computeRoot(split, to, middle, end));
  };
  const found = computeRoot(0, entries.length, 0n, size);
  if (used !== proof.length) throw refuse("the proof of the entries is too long");
  if (!isSame(found, root)) throw refuse("the proof of the entries leads to another root");
}

/** @param {bigint} size at least 2 @returns {bigint} */
function largestPowerOfTwoBelow(size) {
  return 1n << BigInt((size - 1n).toString(2).length - 1);
}
