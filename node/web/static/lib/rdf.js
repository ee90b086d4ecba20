// Certificates as canonical RDF (RDFC-1.0 with SHA-256), by the rules of certificates/rdf.py and certificates/rdfc.py: a vocabulary that
// is written down instead of contexts, and blank nodes that differ by what they say. Whatever else comes is refused.

import { FormError, toHex, toUtf8 } from "./bytes.js";
import { isObject } from "./json.js";
import { hash } from "./sha256.js";
import { CERTIFICATE, STRING } from "./terms.js";

const BLANK = "_:b";
const CANONICAL = "_:c14n";
const MAX_TRIPLES = 10_000;
const MAX_DEPTH = 32;
const RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";
const NAME = /^(?:https|http|did|urn|data):[^\u0000-\u0020<>"{}|^`\\]+$/;
const ESCAPED = /[\u0000-\u001f\u007f"\\]/g;
const ESCAPES = /** @type {Record<string, string>} */ ({ "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\" });

/** @typedef {[string, string, string]} Triple */

/**
 * The canonical N-Quads of a document, whose `@context` the caller has looked at.
 * @param {{ [name: string]: any }} document @param {import("./terms.js").Vocabulary} [vocabulary] @returns {Uint8Array}
 */
export function canonicalise(document, vocabulary = CERTIFICATE) {
  const { "@context": _, ...rest } = document;
  const conversion = { triples: /** @type {Triple[]} */ ([]), blanks: 0, vocabulary };
  addNode(conversion, rest, MAX_DEPTH);
  const names = nameBlankNodes(conversion.triples);
  const rename = (/** @type {string} */ name) => names.get(name) ?? name;
  return toUtf8(format(conversion.triples.map(([subject, predicate, object]) => [rename(subject), predicate, rename(object)])));
}

/** Add what a node and all below it say. @param {{ triples: Triple[], blanks: number, vocabulary: import("./terms.js").Vocabulary }} conversion @param {any} node @param {number} levels @returns {string} its name */
function addNode(conversion, node, levels) {
  const { triples } = conversion;
  const { common, types } = conversion.vocabulary;
  if (levels <= 0 || triples.length > MAX_TRIPLES) throw new FormError("a document too large or too deep to be read as linked data");
  const subject = nameNode(conversion, node);
  let terms = common;
  for (const name of listValues(node.type ?? [])) {
    if (typeof name !== "string" || !Object.hasOwn(types, name)) throw new FormError("a document with a type that is not known here");
    terms = { ...terms, ...types[name].terms };
    triples.push([subject, RDF_TYPE, `<${types[name].iri}>`]);
  }
  for (const [name, value] of Object.entries(node)) {
    if (name === "id" || name === "type") continue;
    if (!Object.hasOwn(terms, name)) throw new FormError("a document with a member that is not known here");
    const term = terms[name];
    for (const item of listValues(value)) {
      triples.push([subject, `<${term.iri}>`, isObject(item) ? addNode(conversion, item, levels - 1) : formatValue(item, term)]);
    }
  }
  return subject;
}

/** @param {{ blanks: number }} conversion @param {any} node @returns {string} */
function nameNode(conversion, node) {
  if ("id" in node) return formatName(node.id);
  conversion.blanks += 1;
  return `${BLANK}${conversion.blanks}`;
}

/** @param {any} value @returns {any[]} */
function listValues(value) {
  return Array.isArray(value) ? value : [value];
}

/** @param {any} value @param {import("./terms.js").Term} term @returns {string} */
function formatValue(value, term) {
  const hasWords = Object.keys(term.words).length > 0;
  if (typeof value === "string") {
    if (hasWords) return formatWord(value, term);
    return term.isName ? formatName(value) : formatLiteral(value, term.datatype);
  }
  if (Number.isSafeInteger(value) && !hasWords && !term.isName && term.datatype !== STRING) return formatLiteral(String(value), term.datatype);
  throw new FormError("a document with a value that has no place in linked data");
}

/** @param {string} value @param {import("./terms.js").Term} term @returns {string} */
function formatWord(value, term) {
  if (!Object.hasOwn(term.words, value)) throw new FormError("a document with a word that is not known here");
  return `<${term.words[value]}>`;
}

/** @param {any} value @returns {string} */
function formatName(value) {
  if (typeof value !== "string" || !NAME.test(value)) throw new FormError("a document with a name that is no https, did, urn or data IRI");
  return `<${value}>`;
}

/** @param {string} value @param {string} datatype @returns {string} */
function formatLiteral(value, datatype) {
  const escape = (/** @type {string} */ found) => ESCAPES[found] ?? `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  const text = value.replace(ESCAPED, escape);
  return datatype === STRING ? `"${text}"` : `"${text}"^^<${datatype}>`;
}

/** The canonical name of each blank node. @param {Triple[]} triples @returns {Map<string, string>} */
function nameBlankNodes(triples) {
  /** @type {Map<string, Triple[]>} */
  const about = new Map();
  for (const triple of triples) {
    for (const node of new Set([triple[0], triple[2]])) {
      if (node.startsWith(BLANK)) about.set(node, [...(about.get(node) ?? []), triple]);
    }
  }
  const hashes = [...about].map(([node, said]) => /** @type {[string, string]} */ ([computeHash(node, said), node])).sort();
  if (hashes.some(([found], place) => place > 0 && hashes[place - 1][0] === found)) {
    throw new FormError("a document with two nodes of which the same is said, and no name to tell them apart");
  }
  return new Map(hashes.map(([, node], number) => [node, `${CANONICAL}${number}`]));
}

/** Hash of what is said about a blank node, in which it is called `a` and every other one `z`. @param {string} node @param {Triple[]} triples @returns {string} */
function computeHash(node, triples) {
  const rename = (/** @type {string} */ name) => (name.startsWith(BLANK) ? (name === node ? "_:a" : "_:z") : name);
  return toHex(hash(toUtf8(format(triples.map(([subject, predicate, object]) => [rename(subject), predicate, rename(object)])))));
}

/** @param {string[][]} triples @returns {string} */
function format(triples) {
  const lines = new Set(triples.map(([subject, predicate, object]) => `${subject} ${predicate} ${object} .\n`));
  return [...lines].sort(compareCodePoints).join("");
}

/** @param {string} left @param {string} right @returns {number} */
function compareCodePoints(left, right) {
  const shared = Math.min(left.length, right.length);
  for (let place = 0; place < shared; place += 1) {
    const [one, other] = [left.charCodeAt(place), right.charCodeAt(place)];
    if (one !== other) return rank(one) - rank(other);
  }
  return left.length - right.length;
}

/** Halves of pairs stand for what comes after all else. @param {number} unit @returns {number} */
function rank(unit) {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
