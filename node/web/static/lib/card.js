// Business cards (docs/formats/card.md): SD-JWT VC with key binding, read by the rules of certificates/card.py.

import { FormError, fromBase64Url, toBase64Url, toUtf8 } from "./bytes.js";
import { LIST_POSITIONS } from "./certificate.js";
import { isObject, parseJson } from "./json.js";
import { decodeAscii, parseJws, takeSeconds, takeText } from "./jws.js";
import { hash } from "./sha256.js";
import { parseListUri } from "./status-list.js";

const TYPE = "dc+sd-jwt";
const BINDING_TYPE = "kb+jwt";
const VALID_DAYS = 30;
const DAY_S = 86_400;
const MAX_CARD_BYTES = 65_536;
const MAX_DISCLOSURES = 128;
const MAX_DISCLOSURE_CHARACTERS = 4_096;
const MAX_DISCLOSURE_DEPTH = 4;
const DIGESTS_STEP = 16;
const DIGEST_CHARACTERS = 43;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const MAX_STARS = 5;
const MEMBERS = ["iss", "vct", "iat", "nbf", "exp", "cnf", "status", "_sd", "_sd_alg"];
const SCHEME = "https://";
const KIND_PATH = "/cards/volunteer";
const TRAINING = "training:";

/** @typedef {{ text: string, name: string, value: any, digest: string }} Disclosure */
/** @typedef {import("./jws.js").Jws} Jws */
/** @typedef {{ chainId: string, key: Uint8Array, position: number, validFromMs: number, expiresMs: number, digests: Set<string>, disclosures: Disclosure[], jws: Jws, signedText: string, binding: Jws | null }} Card */

/** What stands in the signed part for a disclosure, and in a key binding for what is shown. @param {string} text @returns {string} */
export function computeDigest(text) {
  return toBase64Url(hash(toUtf8(text)));
}

/** To whom a card is shown that anybody may read. @param {string} chainId @returns {string} */
export function computeOpenAudience(chainId) {
  return `${SCHEME}${chainId}/verify`;
}

/** Read a card, kept or shown; nothing is verified. @param {Uint8Array} data @returns {Card} */
export function parseCard(data) {
  const text = decodeAscii(data, MAX_CARD_BYTES);
  const [signed, ...rest] = text.split("~");
  if (rest.length === 0) throw new FormError("a card has a ~ after its signed part and after each disclosure");
  const binding = /** @type {string} */ (rest.pop());
  if (rest.length > MAX_DISCLOSURES) throw new FormError(`a card has at most ${MAX_DISCLOSURES} disclosures`, "too_large");
  const jws = parseJws(signed, TYPE, ["kid"], MEMBERS, MAX_CARD_BYTES);
  const { payload } = jws;
  const chainId = readChainId(takeText(payload.vct, "vct"));
  const [from, until] = [takeSeconds(payload.nbf, "nbf"), takeSeconds(payload.exp, "exp")];
  if (payload.iat !== from || from % DAY_S !== 0 || until !== from + VALID_DAYS * DAY_S) {
    throw new FormError(`a card is for ${VALID_DAYS} whole days from the day of issue`);
  }
  if (payload._sd_alg !== "sha-256") throw new FormError("the digests of a card are sha-256", "unsupported_version");
  return {
    chainId,
    key: readKey(payload.cnf),
    position: readPosition(payload.status, chainId),
    validFromMs: from * 1000,
    expiresMs: until * 1000,
    digests: parseDigests(payload._sd),
    disclosures: rest.map(parseDisclosure),
    jws,
    signedText: text.slice(0, text.length - binding.length),
    binding: binding === "" ? null : parseBinding(binding),
  };
}

/** @param {string} text @returns {Jws} */
function parseBinding(text) {
  const jws = parseJws(text, BINDING_TYPE, [], ["aud", "nonce", "iat", "sd_hash"], MAX_CARD_BYTES);
  takeText(jws.payload.aud, "aud", 512);
  takeText(jws.payload.nonce, "nonce", 256);
  takeSeconds(jws.payload.iat, "iat");
  return jws;
}

/** @param {string} kind @returns {string} */
function readChainId(kind) {
  const isOne = kind.startsWith(SCHEME) && kind.endsWith(KIND_PATH) && kind.length > SCHEME.length + KIND_PATH.length;
  if (!isOne) throw new FormError("it is not a volunteer's card of this ledger", "unsupported_version");
  return kind.slice(SCHEME.length, -KIND_PATH.length);
}

/** @param {any} value @param {string[]} names @returns {boolean} */
function hasMembers(value, names) {
  return isObject(value) && Object.keys(value).length === names.length && names.every((name) => name in value);
}

/** @param {any} value @returns {Uint8Array} */
function readKey(value) {
  const jwk = hasMembers(value, ["jwk"]) ? value.jwk : null;
  if (hasMembers(jwk, ["kty", "crv", "x"]) && jwk.kty === "OKP" && jwk.crv === "Ed25519" && typeof jwk.x === "string") {
    const key = fromBase64Url(jwk.x);
    if (key.length === KEY_BYTES) return key;
  }
  throw new FormError("cnf has no Ed25519 key");
}

/** @param {any} value @param {string} chainId @returns {number} */
function readPosition(value, chainId) {
  const list = hasMembers(value, ["status_list"]) ? value.status_list : null;
  const isRight = hasMembers(list, ["idx", "uri"]) && Number.isSafeInteger(list.idx) && list.idx >= 0 && list.idx < LIST_POSITIONS && typeof list.uri === "string";
  if (isRight) {
    const name = parseListUri(list.uri);
    if (name.chainId === chainId) return name.number * LIST_POSITIONS + list.idx;
  }
  throw new FormError("status does not name a place in a list of the card's chain");
}

/** @param {any} value @returns {Set<string>} */
function parseDigests(value) {
  const isRight = Array.isArray(value) && value.length > 0 && value.length <= MAX_DISCLOSURES && value.length % DIGESTS_STEP === 0
    && value.every((item) => typeof item === "string" && [...item].length === DIGEST_CHARACTERS);
  if (!isRight) throw new FormError(`_sd is a list of digests, a multiple of ${DIGESTS_STEP} and at most ${MAX_DISCLOSURES}`);
  if (value.some((item, place) => place > 0 && value[place - 1] >= item)) throw new FormError("digests stand in order, each once");
  return new Set(value);
}

/** @param {string} text @returns {Disclosure} */
function parseDisclosure(text) {
  if (text.length > MAX_DISCLOSURE_CHARACTERS) throw new FormError(`a disclosure has at most ${MAX_DISCLOSURE_CHARACTERS} characters`);
  const items = parseJson(fromBase64Url(text), undefined, MAX_DISCLOSURE_DEPTH);
  const isRight = Array.isArray(items) && items.length === 3 && typeof items[0] === "string" && typeof items[1] === "string" && fromBase64Url(items[0]).length === SALT_BYTES;
  if (!isRight) throw new FormError("a disclosure is a list of a salt of 16 bytes, a name and a value");
  const [, name, value] = /** @type {any[]} */ (items);
  return { text, name, value, digest: computeDigest(text) };
}

/** Raise `FormError` for a claim that no card has, or that is there twice. @param {Card} card */
export function validateClaims({ disclosures }) {
  if (new Set(disclosures.map((item) => item.name)).size !== disclosures.length) throw new FormError("a claim is disclosed twice");
  for (const { name, value } of disclosures) {
    const isGood = Object.hasOwn(CLAIMS, name) ? CLAIMS[name] : name.startsWith(TRAINING) ? isTraining : null;
    if (isGood === null || !isGood(value)) throw new FormError(`a card says no such thing as ${name.slice(0, 60)}`);
  }
}

const isNumber = (/** @type {any} */ value) => Number.isSafeInteger(value) && value >= 0;
const isIdentifier = (/** @type {any} */ value) => typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
const isText = (/** @type {any} */ value) => typeof value === "string" && [...value].length >= 1 && [...value].length <= 256;
const isStars = (/** @type {any} */ value) => isNumber(value) && value >= 1 && value <= MAX_STARS;
const isTraining = (/** @type {any} */ value) => hasMembers(value, ["completed", "expires"]) && isDate(value.completed) && isDate(value.expires);

/** @param {any} value @returns {boolean} */
function isDate(value) {
  if (typeof value !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) || value.startsWith("0000")) return false;
  const time = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value);
}

/** @type {Record<string, (value: any) => boolean>} */
const CLAIMS = {
  account: isIdentifier,
  organisation: isIdentifier,
  organisation_name: isText,
  since: isDate,
  minutes: isNumber,
  hours: isNumber,
  records: isNumber,
  imported_minutes: isNumber,
  stars: isStars,
};
