// The evidence of a certificate: a bundle and the openings of its records (docs/formats/certificate.md#evidence).

import { FormError, fromBase64, toUtf8 } from "./bytes.js";
import { parseBundle } from "./bundle.js";
import { without } from "./data-integrity.js";
import { encodeJcs, isObject, parseJsonObject } from "./json.js";
import { hash } from "./sha256.js";

const PREFIX = "data:application/vnd.hourledger.bundle+json;base64,";
const MAX_EVIDENCE_BYTES = 4 << 20;
const MAX_OPENINGS = 4_096;
const MAX_DETAILS_BYTES = 8_192;
const SALT_BYTES = 32;
const DOMAIN = toUtf8("hourledger/record-details/v1\0");
const REQUIRED = ["activity_name", "date", "minutes"];
const FIELDS = new Set([...REQUIRED, "category", "content", "end", "person_in_charge", "place", "start"]);

/** @typedef {{ index: number, salt: Uint8Array, details: { [name: string]: any } }} Opening */
/** @typedef {{ bundle: import("./bundle.js").Bundle, openings: Opening[] }} Evidence */

/** Read the data URI; nothing is verified. @param {string} uri @returns {Evidence} */
export function parseEvidence(uri) {
  if (!uri.startsWith(PREFIX)) throw new FormError("the evidence is not a bundle of this ledger");
  const document = parseJsonObject(fromBase64(uri.slice(PREFIX.length)), MAX_EVIDENCE_BYTES);
  if (!Array.isArray(document.openings) || document.openings.length > MAX_OPENINGS) throw new FormError("the evidence has no list of openings");
  const openings = document.openings.map(parseOpening);
  if (openings.some((item, place) => place > 0 && openings[place - 1].index >= item.index)) {
    throw new FormError("the evidence's openings are not ascending, each once");
  }
  return { bundle: parseBundle(without(document, "openings")), openings };
}

/** @param {any} item @returns {Opening} */
function parseOpening(item) {
  const isRight = isObject(item) && Object.keys(item).length === 3 && Number.isSafeInteger(item.index) && typeof item.salt === "string" && isObject(item.details);
  if (!isRight) throw new FormError("an opening is not an index, a salt and details");
  const salt = fromBase64(item.salt);
  if (salt.length !== SALT_BYTES) throw new FormError(`a salt has ${SALT_BYTES} bytes`);
  return { index: item.index, salt, details: item.details };
}

/** The commitment that a record's event must carry. @param {Opening} opening @returns {Uint8Array} */
export function computeCommitment({ salt, details }) {
  const names = Object.keys(details);
  if (!REQUIRED.every((name) => name in details) || !names.every((name) => FIELDS.has(name))) {
    throw new FormError("a record's details have other fields than those of a service record");
  }
  if (!names.every((name) => typeof details[name] === "string" || typeof details[name] === "number")) {
    throw new FormError("details are texts and whole numbers");
  }
  const data = encodeJcs(details);
  if (data.length > MAX_DETAILS_BYTES) throw new FormError(`details have at most ${MAX_DETAILS_BYTES} bytes`, "too_large");
  return hash(DOMAIN, salt, data);
}
