// One-code certificates (docs/formats/one-code.md), by the rules of certificates/one_code.py and certificates/one_code_verification.py.

import { fromBase45 } from "./base45.js";
import { FormError, fromUtf8, isSame, toHex } from "./bytes.js";
import { formatNumber } from "./certificate.js";
import { formatCheckpoint, verifyCosignatures } from "./checkpoint.js";
import { Checks, computeQuorumTimeMs, describeSigners, makeReport, verifyAge } from "./checks.js";
import { formatDate } from "./datetimes.js";
import { Refusal } from "./errors.js";
import { readRegistration } from "./ledger-shapes.js";
import { computeLeafHash, computeRootFromPath } from "./merkle.js";
import { formatNote, validateKeyName, verifyKnownSignatures } from "./notes.js";
import { readStanding } from "./register.js";
import { binary, decodeAs, integer, MAX_INDEX, position, sequence, struct, text } from "./shapes.js";
import { verifyCheckpoint } from "./trust.js";
import { addRegisterCheck, unwrap } from "./verify-certificate.js";

export const FAMILY = "HLB";
const PREFIX = "HLB1:";
const MAX_CHARACTERS = 4_296;
const MAX_CODE_BYTES = Math.floor((MAX_CHARACTERS - PREFIX.length) / 3) * 2;
const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;
const LOG_LINE_BYTES = 68;
const COSIGNATURE_BYTES = 76;

const shape = struct("code", {
  origin: text("origin", 255),
  size: integer("size", 1, MAX_INDEX),
  index: position,
  entry: binary("entry", 1, 1_024),
  path: binary("path", 0, 63 * HASH_BYTES),
  signatures: sequence("signatures", binary("signature", LOG_LINE_BYTES, COSIGNATURE_BYTES), 1, 32),
});

/** @typedef {{ origin: string, size: number | bigint, index: number | bigint, entry: Uint8Array, path: Uint8Array, signatures: Uint8Array[] }} OneCode */
/** @typedef {import("./trust.js").TrustPolicy} TrustPolicy */
/** @typedef {import("./checkpoint.js").Checkpoint} Checkpoint */

/** Read a code that may have been pasted, with ends of lines around it; nothing is verified. @param {Uint8Array} data @returns {OneCode} */
export function readOneCode(data) {
  if (data.some((byte) => byte > 0x7f)) throw new FormError("the code has a character that is not of Base45");
  const whole = fromUtf8(data).replace(/^[\r\n]+|[\r\n]+$/g, "");
  if (!whole.startsWith(PREFIX)) throw new FormError(`the code does not begin with ${PREFIX}`, whole.startsWith(FAMILY) ? "unsupported_version" : "malformed");
  const written = whole.slice(PREFIX.length);
  if (written.length > MAX_CHARACTERS) throw new FormError(`Base45 of ${written.length} characters, at most ${MAX_CHARACTERS} are read`, "too_large");
  const code = decodeAs(shape, fromBase45(written), MAX_CODE_BYTES);
  if (code.path.length % HASH_BYTES !== 0) throw new FormError("the code's path is not made of whole hashes");
  const isOdd = (/** @type {Uint8Array} */ item) => item.length !== LOG_LINE_BYTES && item.length !== COSIGNATURE_BYTES;
  if (code.signatures.some(isOdd)) throw new FormError("the code has a signature of another length");
  return code;
}

/** The checkpoint that the signatures must be of: its root follows from the entry and its path. @param {OneCode} code @returns {Checkpoint} */
function computeCheckpoint(code) {
  validateKeyName(code.origin);
  const path = Array.from({ length: code.path.length / HASH_BYTES }, (_, place) => code.path.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
  return { origin: code.origin, size: BigInt(code.size), root: computeRootFromPath(computeLeafHash(code.entry), code.index, code.size, path) };
}

/** The note of the checkpoint with the signatures of keys that a trust file lists. @param {OneCode} code @param {Checkpoint} checkpoint @param {TrustPolicy} policy */
async function rebuildNote(code, checkpoint, policy) {
  const logs = policy.logs.map((log) => log.key).filter((key) => key.name === code.origin);
  const witnesses = policy.witnesses.map((witness) => witness.key);
  const lines = [];
  for (const signature of code.signatures) {
    const line = await nameSignature(signature, signature.length === LOG_LINE_BYTES ? logs : witnesses, checkpoint);
    if (line !== null) lines.push(line);
  }
  if (lines.length === 0) throw new Refusal("untrusted_log", "no log in the trust file signed the checkpoint", code.origin);
  return formatNote({ text: formatCheckpoint(checkpoint), signatures: lines });
}

/** The line of a signature. Four bytes of key id may be shared: then it is the line of the key that signed. @param {Uint8Array} bytes @param {import("./notes.js").VerifierKey[]} keys @param {Checkpoint} checkpoint */
async function nameSignature(bytes, keys, checkpoint) {
  const keyId = bytes.subarray(0, KEY_ID_BYTES);
  const found = keys.filter((key) => isSame(key.keyId, keyId)).map((key) => ({ key, line: { name: key.name, keyId, signature: bytes.subarray(KEY_ID_BYTES) } }));
  if (found.length > 1) {
    for (const item of found) if (await isGood(item, checkpoint)) return item.line;
  }
  return found.length === 0 ? null : found[0].line;
}

/** @param {{ key: import("./notes.js").VerifierKey, line: import("./notes.js").NoteSignature }} item @param {Checkpoint} checkpoint @returns {Promise<boolean>} */
async function isGood({ key, line }, checkpoint) {
  const note = { text: formatCheckpoint(checkpoint), signatures: [line] };
  try {
    if (line.signature.length + KEY_ID_BYTES === LOG_LINE_BYTES) await verifyKnownSignatures(note, [key]);
    else await verifyCosignatures({ checkpoint, note }, key);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** @param {OneCode} code @param {Checkpoint} checkpoint @param {TrustPolicy[]} trust @returns {Promise<[import("./trust.js").VerifiedCheckpoint, string]>} */
async function verifyWord(code, checkpoint, trust) {
  let failure = new Refusal("untrusted_log", "no trust file given knows the log", code.origin);
  for (const policy of trust.filter((item) => item.logs.some((log) => log.key.name === code.origin))) {
    try {
      const verified = await verifyCheckpoint(policy, await rebuildNote(code, checkpoint, policy));
      return [verified, describeSigners(verified)];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** @param {Uint8Array} data @param {import("./verify-certificate.js").Question} question @returns {Promise<import("./checks.js").Report>} */
export async function verifyOneCode(data, question) {
  const checks = new Checks();
  const code = await checks.attempt("format", "HLB1", () => [readOneCode(data), `${data.length} characters`]);
  if (code === null) return makeReport("one_code", checks);
  const checkpoint = await checks.attempt("inclusion", `a log of ${code.size} entries`, () => [
    computeCheckpoint(code), `entry ${code.index} leads to a root over ${code.path.length / HASH_BYTES} hashes`,
  ]);
  if (checkpoint === null) return makeReport("one_code", checks);
  const verified = await checks.attempt("checkpoint", `trust file of ${code.origin}`, () => verifyWord(code, checkpoint, question.trust));
  const event = await checks.attempt("content", "the entry of the log", () => readEvent(code));
  if (verified === null || event === null) return makeReport("one_code", checks);
  const asOfMs = computeQuorumTimeMs(verified);
  if (asOfMs !== null) {
    await checks.attempt("time", "the time asked about", () => [null, `the evidence is ${Math.floor(verifyAge(asOfMs, question.times) / 1000)} s old`]);
  }
  checks.date(asOfMs);
  const statement = describe(code.origin, event);
  const { status, times, trust } = question;
  if (status === null) return makeReport("one_code", checks, { asOfMs, statement, notes: ["one_code_as_of", "register_not_asked"] });
  const register = await addRegisterCheck(checks, checkpoint, times, () => readStanding(unwrap(status), event, checkpoint, trust));
  return makeReport("one_code", checks, { asOfMs, statement, register, notes: ["one_code_as_of"] });
}

/** @param {OneCode} code @returns {[any, string]} */
function readEvent(code) {
  const event = readRegistration(code.entry);
  return [event, `certificate ${formatNumber(event.number)}, registered on ${formatDate(event.issuedDay)}`];
}

/** @param {string} chainId @param {any} event */
function describe(chainId, event) {
  return {
    chain_id: chainId,
    number: formatNumber(event.number),
    organisation: toHex(event.organisation),
    organisation_name: event.organisationName,
    volunteer: toHex(event.volunteer),
    minutes: event.minutes,
    first_day: formatDate(event.firstDay),
    last_day: formatDate(event.lastDay),
    issued_day: formatDate(event.issuedDay),
    document: toHex(event.document),
    position: event.position,
  };
}
