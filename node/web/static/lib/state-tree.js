// The state's tree (docs/formats/state.md#tree): proof of many values at once (docs/formats/bundle.md, "Proof of the values").

import { compare, isSame, join, toUtf8 } from "./bytes.js";
import { Refusal } from "./errors.js";
import { hash } from "./sha256.js";

const LEAF_DOMAIN = toUtf8("JMT::LeafNode");
const NODE_DOMAIN = toUtf8("JMT::IntrnalNode"); // Spelt so where the tree comes from.
const NOTHING = toUtf8("SPARSE_MERKLE_PLACEHOLDER_HASH__");
const HASH_BYTES = 32;

/** @typedef {{ key: Uint8Array, value: Uint8Array | null, depth: number, leaf: Uint8Array | null }} ProvenValue */
/** @typedef {ProvenValue & { keyHash: Uint8Array }} Placed */

/** @param {string} detail */
function refuse(detail) {
  return new Refusal("invalid_proof", detail);
}

/**
 * Raise `Refusal` unless all values are in the state of that root, or absent from it where they are null.
 * @param {ProvenValue[]} values @param {Uint8Array[]} proof @param {Uint8Array} root
 */
export function verifyValues(values, proof, root) {
  if (values.length === 0) {
    if (proof.length > 0) throw refuse("a proof of no values is empty");
    return;
  }
  const placed = values.map((item) => ({ ...item, keyHash: hash(item.key) })).sort((left, right) => compare(left.keyHash, right.keyHash));
  let used = 0;
  const take = () => {
    if (used === proof.length) throw refuse("the proof of the values is too short");
    used += 1;
    return proof[used - 1];
  };
  /** @type {(items: Placed[], depth: number) => Uint8Array} */
  const computeNode = (items, depth) => {
    if (items.length === 0) return take();
    const least = items.reduce((found, item) => Math.min(found, item.depth), Infinity);
    if (least < depth) throw refuse("a value's path ends above the place that the proof gives it");
    if (least === depth) return computeEnd(items, depth);
    const left = computeNode(items.filter((item) => bit(item.keyHash, depth) === 0), depth + 1);
    const right = computeNode(items.filter((item) => bit(item.keyHash, depth) === 1), depth + 1);
    return hash(NODE_DOMAIN, left, right);
  };
  const found = computeNode(placed, 0);
  if (used !== proof.length) throw refuse("the proof of the values is too long");
  if (!isSame(found, root)) throw refuse("the proof of the values leads to another root");
}

/** What stands where the paths of all these keys end. @param {Placed[]} items @param {number} depth @returns {Uint8Array} */
function computeEnd(items, depth) {
  const present = items.filter((item) => item.value !== null);
  if (items.some((item) => item.depth !== depth) || present.length > 1) throw refuse("several values end in one place of the state");
  const leaf = present.length === 1 ? makeLeaf(present[0]) : items[0].leaf;
  for (const item of items) if (item.value === null && !isSameLeaf(item.leaf, leaf)) throw refuse("an absent value is shown to lie elsewhere");
  if (leaf === null) return NOTHING;
  if (present.length === 0) requireForeignLeaf(leaf, items, depth);
  return hash(LEAF_DOMAIN, leaf);
}

/** @param {Placed} item @returns {Uint8Array} */
function makeLeaf(item) {
  return join(item.keyHash, hash(/** @type {Uint8Array} */ (item.value)));
}

/** @param {Uint8Array | null} left @param {Uint8Array | null} right @returns {boolean} */
function isSameLeaf(left, right) {
  return left === null || right === null ? left === right : isSame(left, right);
}

/** @param {Uint8Array} leaf @param {Placed[]} items @param {number} depth */
function requireForeignLeaf(leaf, items, depth) {
  const keyHash = leaf.subarray(0, HASH_BYTES);
  if (items.some((item) => isSame(item.keyHash, keyHash))) throw refuse("the state proof shows that the key is present");
  for (let place = 0; place < depth; place += 1) {
    if (bit(keyHash, place) !== bit(items[0].keyHash, place)) throw refuse("the state proof leads to a place where the key would not be");
  }
}

/** @param {Uint8Array} keyHash @param {number} depth @returns {number} */
function bit(keyHash, depth) {
  return (keyHash[depth >> 3] >> (7 - (depth & 7))) & 1;
}
