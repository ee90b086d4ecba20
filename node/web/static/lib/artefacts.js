// One verification for all that leaves the ledger, with the reports of certificates/artefacts.py. Whatever bytes come, the answer is a report.

import { toUtf8 } from "./bytes.js";
import { TYPE as BITSTRING_TYPE, verifyBitstringList } from "./bitstring-list.js";
import { Checks, findVerdict, makeReport } from "./checks.js";
import { PREFIX as COUNTER_PREFIX, verifyCounterCard } from "./counter-card.js";
import { FormError, Refusal } from "./errors.js";
import { encodeJcs, isObject, parseJsonObject } from "./json.js";
import { FAMILY, verifyOneCode } from "./one-code.js";
import { verifyStatusList } from "./status-list.js";
import { verifyCard } from "./verify-card.js";
import { MAX_CERTIFICATE_BYTES, verifyCertificate } from "./verify-certificate.js";

export const MAX_ARTEFACT_BYTES = MAX_CERTIFICATE_BYTES;
const MAX_PARTS = 16;
const WORST_FIRST = /** @type {const} */ (["invalid", "undetermined", "valid"]);

/** @typedef {import("./checks.js").Report & { parts?: import("./checks.js").Report[] }} Report */
/** @typedef {import("./verify-certificate.js").Question} Question */
/** @typedef {{ name: string, isOne: (text: string, data: Uint8Array) => boolean, verify: (data: Uint8Array, question: Question) => Promise<Report> }} Kind */

/** @param {Uint8Array} data @param {Question} question @returns {Promise<Report>} */
export async function verifyArtefact(data, question) {
  if (data.length > MAX_ARTEFACT_BYTES) return reportUnreadable(new FormError(`it has more than ${MAX_ARTEFACT_BYTES} bytes`, "too_large"));
  const kind = findKind(data);
  if (kind !== null) return kind.verify(data, question);
  return reportUnreadable(new FormError(data.length === 0 ? "the file is empty" : "it is nothing that can be verified here"));
}

/** What bytes claim to be; nothing is verified. @param {Uint8Array} data @returns {string} */
export function recognise(data) {
  return findKind(data)?.name ?? "unknown";
}

/** A report on what could not be recognised, and why. @param {Refusal} error @returns {Promise<Report>} */
export async function reportUnreadable(error) {
  const checks = new Checks();
  await checks.attempt("format", "files and codes of this ledger", () => { throw error; });
  return makeReport("unknown", checks);
}

/** @param {Uint8Array} data @returns {Kind | null} */
function findKind(data) {
  // Every byte one character: what is recognised is ASCII, whatever else stands in the file.
  const text = new TextDecoder("latin1").decode(data);
  return KINDS.find((kind) => kind.isOne(text, data)) ?? null;
}

/** @param {string} text @returns {boolean} */
function isCompact(text) {
  return text.replace(/^[ \t\r\n]+/, "").startsWith("eyJ") && text.includes(".");
}

/** Whether JSON says that it is of a type. @param {string} name @returns {(text: string, data: Uint8Array) => boolean} */
function hasType(name) {
  return (text, data) => {
    if (!text.includes(`"${name}"`)) return false;
    try {
      const { type } = parseJsonObject(data, MAX_ARTEFACT_BYTES);
      return Array.isArray(type) ? type.includes(name) : type === name;
    } catch (error) {
      if (error instanceof FormError) return false;
      throw error;
    }
  };
}

/** @param {Uint8Array} data @param {Question} question @returns {Promise<Report>} */
async function verifyPresentation(data, question) {
  const checks = new Checks();
  const found = await checks.attempt("format", "W3C VC 2.0", () => takeParts(data));
  const parts = [];
  for (const part of found ?? []) parts.push(await verifyArtefact(part, question));
  const report = makeReport("presentation", checks, { notes: ["holder_not_checked"] });
  const verdicts = [findVerdict(checks.items), ...parts.map((part) => part.verdict)];
  report.verdict = WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? "invalid";
  report.as_of = parts.length === 1 ? parts[0].as_of : null;
  return parts.length === 0 ? report : { ...report, parts };
}

/** @param {Uint8Array} data @returns {[Uint8Array[], string]} */
function takeParts(data) {
  const { verifiableCredential: credentials } = parseJsonObject(data, MAX_ARTEFACT_BYTES);
  const items = Array.isArray(credentials) ? credentials : [credentials];
  if (items.length < 1 || items.length > MAX_PARTS) throw new FormError(`a presentation has 1 to ${MAX_PARTS} credentials here`);
  const parts = items.map(takePart);
  if (parts.some((part) => ["presentation", "unknown"].includes(recognise(part)))) throw makeForeign();
  return [parts, `${parts.length} credentials`];
}

/** @returns {FormError} */
function makeForeign() {
  return new FormError("the presentation has something else than credentials of this ledger in it");
}

/** A credential as it would be in a file of its own: an object, or a text in a data URI. @param {any} item @returns {Uint8Array} */
function takePart(item) {
  if (!isObject(item)) throw makeForeign();
  const types = Array.isArray(item.type) ? item.type : [item.type];
  const isEnveloped = types.length === 1 && types[0] === "EnvelopedVerifiableCredential" && typeof item.id === "string";
  return isEnveloped ? toUtf8(item.id.split(",").slice(1).join(",")) : encodeJcs(item);
}

/** In the order in which they are tried. A JSON object that says nothing else is taken for a certificate. @type {Kind[]} */
const KINDS = [
  { name: "card", isOne: (text) => isCompact(text) && text.includes("~"), verify: verifyCard },
  { name: "token_status_list", isOne: isCompact, verify: verifyStatusList },
  { name: "one_code", isOne: (text) => text.replace(/^[\t\r\n]+/, "").startsWith(FAMILY), verify: verifyOneCode },
  {
    name: "counter_card",
    isOne: (text) => text.replace(/^[\t\r\n]+/, "").startsWith(COUNTER_PREFIX),
    verify: (data, { trust, times, merchant }) => verifyCounterCard(new TextDecoder().decode(data), trust, times, merchant ?? null),
  },
  { name: "bitstring_status_list", isOne: hasType(BITSTRING_TYPE), verify: verifyBitstringList },
  { name: "presentation", isOne: hasType("VerifiablePresentation"), verify: verifyPresentation },
  { name: "certificate", isOne: (text) => text.replace(/^[ \t\r\n]+/, "").startsWith("{"), verify: verifyCertificate },
];
