// Bundles of version 2 (docs/formats/bundle.md): a checkpoint, and entries and values that are proven under it.

import { compare, FormError, fromBase64, toHex } from "./bytes.js";
import { Refusal } from "./errors.js";
import { isObject } from "./json.js";
import { readHeader } from "./ledger-shapes.js";
import { verifyEntries } from "./merkle.js";
import { MAX_ENTRY_BYTES, MAX_VALUE_BYTES } from "./shapes.js";
import { verifyValues } from "./state-tree.js";

const MEDIA_TYPE = "application/vnd.hourledger.bundle+json;version=2";
const MAX_ITEMS = 4_096;
const MAX_HASHES = 262_144;
const HASH_BYTES = 32;
const LEAF_BYTES = 64;
const MAX_DEPTH = 256;

/** @typedef {{ index: bigint, entry: Uint8Array }} BundleEntry */
/** @typedef {import("./state-tree.js").ProvenValue} ProvenValue */
/** @typedef {{ note: string, entries: BundleEntry[], logHashes: Uint8Array[], values: ProvenValue[], stateHashes: Uint8Array[] }} Bundle */

/** The bundle in a JSON value; nothing is verified. @param {any} document @returns {Bundle} */
export function parseBundle(document) {
  if (isObject(document) && document.mediaType !== undefined && document.mediaType !== MEDIA_TYPE) {
    throw new FormError("the bundle is of another version", "unsupported_version");
  }
  requireMembers(document, ["mediaType", "checkpoint", "entries", "logProof", "values", "stateProof"]);
  const bundle = {
    note: readText(document.checkpoint),
    entries: readItems(document.entries).map(parseEntry),
    logHashes: readHashes(document.logProof),
    values: readItems(document.values).map(parseValue),
    stateHashes: readHashes(document.stateProof),
  };
  requireAscending(bundle.entries, (left, right) => (left.index < right.index ? -1 : 1));
  requireAscending(bundle.values, (left, right) => compare(left.key, right.key));
  return bundle;
}

/** @template T @param {T[]} items @param {(left: T, right: T) => number} order */
function requireAscending(items, order) {
  if (items.some((item, place) => place > 0 && order(items[place - 1], item) >= 0)) {
    throw new FormError("the bundle's items are not ascending, each once");
  }
}

/** @param {any} document @param {string[]} names */
function requireMembers(document, names) {
  const isRight = isObject(document) && Object.keys(document).length === names.length && names.every((name) => name in document);
  if (!isRight) throw new FormError(`the bundle has an object without exactly the members ${names.join(", ")}`);
}

/** @param {any} document @returns {any[]} */
function readItems(document) {
  if (!Array.isArray(document) || document.length > MAX_ITEMS) throw new FormError(`the bundle has something else than a list of at most ${MAX_ITEMS} items`);
  return document;
}

/** @param {any} document @returns {string} */
function readText(document) {
  if (typeof document !== "string") throw new FormError("the bundle has something else where a text belongs");
  return document;
}

/** @param {any} document @param {number} maxBytes @returns {Uint8Array} */
function readBinary(document, maxBytes) {
  const bytes = fromBase64(readText(document));
  if (bytes.length > maxBytes) throw new FormError("the bundle has a value that is too large", "too_large");
  return bytes;
}

/** @param {any} document @returns {Uint8Array[]} */
function readHashes(document) {
  const bytes = readBinary(document, MAX_HASHES * HASH_BYTES);
  if (bytes.length % HASH_BYTES !== 0) throw new FormError("the bundle has a proof that is not hashes of 32 bytes");
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, place) => bytes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
}

/** @param {any} document @returns {BundleEntry} */
function parseEntry(document) {
  requireMembers(document, ["index", "entry"]);
  if (!Number.isSafeInteger(document.index) || document.index < 0) throw new FormError("the bundle has an index that is not a position in a log");
  return { index: BigInt(document.index), entry: readBinary(document.entry, MAX_ENTRY_BYTES) };
}

/** @param {any} document @returns {ProvenValue} */
function parseValue(document) {
  const hasLeaf = isObject(document) && "leaf" in document;
  requireMembers(document, hasLeaf ? ["key", "value", "depth", "leaf"] : ["key", "value", "depth"]);
  const { depth } = document;
  if (!Number.isSafeInteger(depth) || depth < 0 || depth > MAX_DEPTH) throw new FormError("the bundle has a depth that is not from 0 to 256");
  const value = document.value === null ? null : readBinary(document.value, MAX_VALUE_BYTES);
  const leaf = hasLeaf ? readBinary(document.leaf, LEAF_BYTES) : null;
  if (leaf !== null && (value !== null || leaf.length !== LEAF_BYTES)) throw new FormError("the bundle has a leaf that does not belong there");
  return { key: readBinary(document.key, MAX_ENTRY_BYTES), value, depth, leaf };
}

/**
 * Raise `Refusal` unless every entry is in the log.
 * @param {Bundle} bundle @param {import("./checkpoint.js").Checkpoint} checkpoint
 */
export function verifyBundleEntries(bundle, checkpoint) {
  verifyEntries(bundle.entries, checkpoint.size, bundle.logHashes, checkpoint.root);
}

/**
 * The checkpoint's header and the values that are in its state, by key in hex. The entries must have been verified before.
 * @param {Bundle} bundle @param {import("./checkpoint.js").Checkpoint} checkpoint
 * @returns {{ header: any, values: Map<string, Uint8Array | null> }}
 */
export function verifyBundleValues(bundle, checkpoint) {
  const last = bundle.entries[bundle.entries.length - 1];
  if (last === undefined || last.index !== checkpoint.size - 1n) throw new Refusal("invalid_proof", "the bundle lacks the block header at the end of the log");
  const header = readLastHeader(last.entry);
  if (header.chainId !== checkpoint.origin) throw new Refusal("wrong_chain", "the block is of another chain than the log", header.chainId);
  verifyValues(bundle.values, bundle.stateHashes, header.stateRoot);
  return { header, values: new Map(bundle.values.map((item) => [toHex(item.key), item.value])) };
}

/** @param {Uint8Array} entry */
function readLastHeader(entry) {
  try {
    return readHeader(entry);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    const reason = error.reason === "unsupported_version" ? error.reason : "invalid_proof";
    throw new Refusal(reason, "the log does not end with a block header that is known here");
  }
}
