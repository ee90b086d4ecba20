// Verification of a certificate, with the checks of certificates/verification.py in their order.

import { isSame, toHex } from "./bytes.js";
import { verifyBundleEntries, verifyBundleValues } from "./bundle.js";
import { buildDocument, readPosition, TEMPLATE_VERSION } from "./certificate.js";
import { parseSignedCheckpoint } from "./checkpoint.js";
import { Checks, computeQuorumTimeMs, describeSigners, findVerdict, makeReport, requireNotAfter, verifyAge } from "./checks.js";
import { computeDocumentHash, JCS, RDFC, verifyProofs, without } from "./data-integrity.js";
import { formatClock, formatDate, formatDatetime, parseDatetime } from "./datetimes.js";
import { parseMethod } from "./dids.js";
import { FormError, Refusal } from "./errors.js";
import { computeCommitment, parseEvidence } from "./evidence.js";
import { isSameJson, parseJsonObject } from "./json.js";
import { HEADER, isActive, makeKey, readBatch, readOrganisation, readRecord, readVolunteer, splitEntry } from "./ledger-shapes.js";
import { findStatus, isStatusList } from "./position-status.js";
import { describeStanding, parseNumber, readStanding } from "./register.js";
import { verifyUnderTrust } from "./trust.js";

export const MAX_CERTIFICATE_BYTES = 8 << 20;
const VOID = 255;
const MAX_MINUTE = 2 * 1_440;

/** @typedef {{ trust: import("./trust.js").TrustPolicy[], times: import("./checks.js").Times, status: Uint8Array | Refusal | null, merchant?: string | null, audience?: string | null, nonce?: string | null }} Question */
/** @typedef {{ document: any, evidenceUri: string, evidence: import("./evidence.js").Evidence, checkpoint: import("./checkpoint.js").Checkpoint, issuedMs: number, position: number | null }} File */
/** @typedef {import("./dids.js").Method} Method */
/** @typedef {Map<string, Uint8Array | null>} Values */

/** @param {Uint8Array} data @param {Question} question @returns {Promise<import("./checks.js").Report>} */
export async function verifyCertificate(data, question) {
  const checks = new Checks();
  const file = await checks.attempt("format", "W3C VC 2.0, Open Badges 3.0", () => readFile(data));
  if (file === null) return makeReport("certificate", checks);
  const signer = await checks.attempt("signature", `${JCS}, ${RDFC}`, () => verifySigner(file));
  const { origin } = file.checkpoint;
  const verified = await checks.attempt("checkpoint", `trust file of ${origin}`, async () => {
    const found = await verifyUnderTrust(file.evidence.bundle.note, origin, question.trust);
    return [found, describeSigners(found)];
  });
  const { statement, header } = await verifyContent(checks, file, signer);
  const asOfMs = computeQuorumTimeMs(verified) ?? header?.timeMs ?? null;
  if (header !== null) await checks.attempt("time", formatDatetime(question.times.atTimeMs), () => verifyTimes(file, asOfMs ?? 0, question.times));
  checks.date(asOfMs);
  const register = await verifyStatus(checks, file, statement, question);
  const isOpen = register === null && findVerdict(checks.items) === "valid";
  const shown = statement === null ? null : { ...formatStatement(statement), position: file.position };
  return makeReport("certificate", checks, { asOfMs, statement: shown, register, notes: isOpen ? ["register_not_asked"] : [] });
}

/** @param {Uint8Array} data @returns {[File, string]} */
function readFile(data) {
  const document = parseJsonObject(data, MAX_CERTIFICATE_BYTES);
  const version = document.credentialSubject?.achievement?.version;
  const evidenceUri = Array.isArray(document.evidence) && document.evidence.length === 1 ? document.evidence[0]?.id : undefined;
  if (typeof version !== "string" || typeof document.validFrom !== "string" || typeof evidenceUri !== "string") {
    throw new FormError("the file is not a certificate of this ledger");
  }
  if (version !== TEMPLATE_VERSION) throw new FormError("the certificate is of another version", "unsupported_version");
  const evidence = parseEvidence(evidenceUri);
  const { checkpoint } = parseSignedCheckpoint(evidence.bundle.note);
  const issuedMs = parseDatetime(document.validFrom);
  return [{ document, evidenceUri, evidence, checkpoint, issuedMs, position: readPosition(document) }, `certificate ${typeof document.id === "string" ? document.id : "without a number"}`];
}

/** @param {File} file @returns {Promise<[Method, string]>} */
async function verifySigner(file) {
  const { verified, unchecked } = await verifyProofs(file.document);
  const suites = verified.map((proof) => proof.cryptosuite);
  if (new Set(verified.map((proof) => proof.method)).size !== 1) throw new Refusal("invalid_signature", "the certificate must be signed by one key");
  if (suites[0] !== JCS || suites.length > 2 || unchecked.length > 0) {
    throw new FormError(`a certificate has a signature of ${JCS}, then perhaps one of ${RDFC}, and no others`, "unsupported_version");
  }
  const method = parseMethod(verified[0].method);
  const said = [`signed by ${method.did}`];
  if (method.host !== null) said.push("whether the site is the organisation's was not asked");
  if (suites.length === 1) said.push(`no signature of ${RDFC}`);
  return [method, said.join("; ")];
}

/** @param {Checks} checks @param {File} file @param {Method | null} signer */
async function verifyContent(checks, file, signer) {
  const { checkpoint, evidence } = file;
  const { bundle } = evidence;
  const nothing = { statement: null, header: null };
  const against = `log root at ${checkpoint.size} entries`;
  const isProven = await checks.attempt("records", against, () => {
    verifyBundleEntries(bundle, checkpoint);
    return [true, "all entries are in the log"];
  });
  if (isProven === null) return nothing;
  const state = await checks.attempt("state", against, () => [verifyBundleValues(bundle, checkpoint), "all values are in the state"]);
  const records = await checks.attempt("content", "one volunteer, one organisation", () => readRecords(bundle.entries));
  if (state === null || records === null) return nothing;
  const { header, values } = state;
  const block = `state of block ${header.height}`;
  const licence = await checks.attempt("licence", block, () => verifyLicence(values, records[0], signer));
  await checks.attempt("status", block, () => verifyCurrent(values, records));
  await checks.attempt("details", "commitments in the records", () => verifyOpenings(evidence.openings, records));
  if (licence === null || signer === null) return { statement: null, header };
  const statement = computeStatement(header.chainId, licence.organisation, records);
  const issue = { did: signer.did, issuedMs: file.issuedMs, byVolunteer: licence.byVolunteer, position: file.position };
  await checks.attempt("claims", "the records", () => verifyClaims(file, statement, issue));
  return { statement, header };
}

/** @param {import("./bundle.js").BundleEntry[]} entries @returns {[any[], string]} */
function readRecords(entries) {
  const records = entries.filter((item) => splitEntry(item.entry)[0] !== HEADER).map((item) => ({ ...readRecord(item.entry), index: item.index }));
  if (records.length === 0) throw new Refusal("claim_mismatch", "the evidence has no record");
  if (countDistinct(records, (item) => `${toHex(item.volunteer)} ${toHex(item.organisation)}`) !== 1) {
    throw new Refusal("claim_mismatch", "the evidence has records of several volunteers or organisations");
  }
  if (countDistinct(records, (item) => `${toHex(item.batch)} ${item.row}`) !== records.length) {
    throw new Refusal("claim_mismatch", "the evidence has one record twice");
  }
  return [records, `${records.length} records`];
}

/** @param {any[]} items @param {(item: any) => string} name @returns {number} */
function countDistinct(items, name) {
  return new Set(items.map(name)).size;
}

/** @param {Values} values @param {any} record @param {Method | null} signer @returns {[{ organisation: any, byVolunteer: boolean }, string]} */
function verifyLicence(values, record, signer) {
  const value = values.get(toHex(makeKey("organisation", record.organisation))) ?? null;
  if (value === null) throw new Refusal("unknown_organisation", "the evidence does not show the organisation", toHex(record.organisation));
  const organisation = readOrganisation(value);
  if (!isActive(organisation)) throw new Refusal("not_current", "the organisation is suspended", organisation.name);
  const said = `${organisation.name} is licensed to record`;
  if (signer === null || organisation.officers.some((/** @type {Uint8Array} */ key) => isSame(key, signer.key))) return [{ organisation, byVolunteer: false }, said];
  const account = values.get(toHex(makeKey("volunteer", record.volunteer))) ?? null;
  const key = account === null ? null : readVolunteer(account).key;
  if (key === null || !isSame(key, signer.key)) {
    throw new Refusal("not_permitted", "the signer is neither an officer of the organisation nor shown to be the volunteer");
  }
  if (signer.host !== null) throw new Refusal("not_permitted", "a volunteer signs under the name of the key, and not under that of a site", signer.host);
  return [{ organisation, byVolunteer: true }, `${said}; signed by the volunteer`];
}

/** @param {Values} values @param {any[]} records @returns {[null, string]} */
function verifyCurrent(values, records) {
  for (const record of records) {
    const value = values.get(toHex(makeKey("batch", record.batch))) ?? null;
    if (value === null) throw new Refusal("stale", "the evidence does not show whether a record is still current", toHex(record.record));
    const batch = readBatch(value);
    if (!isSame(batch.organisation, record.organisation) || record.row >= batch.revisions.length) {
      throw new Refusal("invalid_proof", "a record does not belong to its batch", toHex(record.record));
    }
    const revision = batch.revisions[record.row];
    if (revision !== record.revision) {
      throw new Refusal("not_current", `a record was ${revision === VOID ? "void" : "amended"} since`, toHex(record.record));
    }
  }
  return [null, `${records.length} records are current`];
}

/** @param {import("./evidence.js").Opening[]} openings @param {any[]} records @returns {[null, string]} */
function verifyOpenings(openings, records) {
  const byIndex = new Map(records.map((item) => [Number(item.index), item]));
  if (openings.some((item) => !byIndex.has(item.index))) {
    throw new Refusal("commitment_mismatch", "the certificate opens the details of what is no record of it");
  }
  for (const opening of openings) {
    const record = byIndex.get(opening.index);
    if (!isSame(computeCommitment(opening), record.commitment)) {
      throw new Refusal("commitment_mismatch", "a record's details are not those certified", toHex(record.record));
    }
    if (!isConsistent(opening.details, record)) throw new Refusal("claim_mismatch", "a record's details contradict the record", toHex(record.record));
  }
  return [null, `opened ${openings.length} of ${records.length} records: their details are those certified`];
}

/** @param {any} details @param {any} record @returns {boolean} */
function isConsistent(details, record) {
  const end = record.start === null ? null : record.start + record.minutes;
  if (end !== null && (end < 0 || end > MAX_MINUTE)) return false;
  const expected = [formatDate(record.day), record.minutes, record.start === null ? undefined : formatClock(record.start), end === null ? undefined : formatClock(end)];
  return [details.date, details.minutes, details.start, details.end].every((value, place) => value === expected[place]);
}

/** @param {string} chainId @param {any} organisation @param {any[]} records @returns {import("./certificate.js").Statement} */
export function computeStatement(chainId, organisation, records) {
  const days = records.map((item) => item.day);
  return {
    chainId,
    organisation: records[0].organisation,
    organisationName: organisation.name,
    volunteer: records[0].volunteer,
    records: records.length,
    minutes: records.reduce((sum, item) => sum + item.minutes, 0),
    firstDay: Math.min(...days),
    lastDay: Math.max(...days),
  };
}

/** Make the document again and compare. @param {File} file @param {import("./certificate.js").Statement} statement @param {import("./certificate.js").Issue} issue @returns {[null, string]} */
function verifyClaims(file, statement, issue) {
  const expected = /** @type {any} */ (buildDocument(statement, file.evidenceUri, issue));
  const stated = without(file.document, "proof");
  for (const name of [...new Set([...Object.keys(expected), ...Object.keys(stated)])].sort()) {
    // Not `in`: every object would have a member __proto__, and more.
    if (!Object.hasOwn(expected, name) || !Object.hasOwn(stated, name) || !isSameJson(stated[name], expected[name])) {
      throw new Refusal("claim_mismatch", "the certificate states something else than its evidence", name);
    }
  }
  return [null, `${statement.minutes} minutes in ${statement.records} records`];
}

/** @param {File} file @param {number} asOfMs @param {import("./checks.js").Times} times @returns {[null, string]} */
function verifyTimes(file, asOfMs, times) {
  requireNotAfter(file.issuedMs, times.atTimeMs);
  return [null, `the evidence is ${Math.floor(verifyAge(asOfMs, times) / 1000)} s old`];
}

/** Add the check of a status, where there is one. @param {Checks} checks @param {File} file @param {import("./certificate.js").Statement | null} statement @param {Question} question */
async function verifyStatus(checks, file, statement, question) {
  const { status } = question;
  if (status === null) return null;
  if (!(status instanceof Uint8Array) || !isStatusList(status)) return verifyRegister(checks, file, statement, question);
  await verifyListed(checks, file, status, question);
  return null;
}

/** Add the check of the position in a status list. A superseded certificate stays true as history. @param {Checks} checks @param {File} file @param {Uint8Array} status @param {Question} question */
async function verifyListed(checks, { checkpoint, position }, status, { trust, times }) {
  /** @type {import("./position-status.js").FoundStatus[]} */
  const found = [];
  await checks.attempt("standing", position === null ? "no position" : `position ${position}`, async () => {
    if (position === null) throw new Refusal("stale", "the certificate names no position in the status lists");
    const read = await findStatus(status, { chainId: checkpoint.origin, position }, trust, times);
    found.push(read);
    if (read.status === "superseded") return [null, `superseded, says ${read.source}: it stays true as history`];
    if (read.status !== "valid") throw new Refusal("not_current", `the certificate is ${read.status}`, read.source);
    return [null, `neither revoked nor suspended, says ${read.source}`];
  });
  if (found.length > 0) checks.items[checks.items.length - 1].as_of = formatDatetime(found[0].asOfMs);
}

/**
 * Add the check of the register, as of the status and not of the evidence; null where that does not say anything.
 * @param {Checks} checks @param {File} file @param {import("./certificate.js").Statement | null} statement @param {Question} question
 */
async function verifyRegister(checks, file, statement, { status, trust, times }) {
  return addRegisterCheck(checks, file.checkpoint, times, async () => {
    if (statement === null) throw new Refusal("stale", "the evidence does not show whose certificate it is");
    const data = unwrap(status);
    const subject = { number: parseNumber(file.document.id), document: computeDocumentHash(file.document), organisation: statement.organisation };
    return readStanding(data, subject, file.checkpoint, trust);
  });
}

/** @param {Uint8Array | Refusal | null} status @returns {Uint8Array} */
export function unwrap(status) {
  if (status instanceof Uint8Array) return status;
  throw status ?? new Refusal("status_unknown", "no status was given");
}

/**
 * @param {Checks} checks @param {import("./checkpoint.js").Checkpoint} checkpoint @param {import("./checks.js").Times} times
 * @param {() => Promise<import("./register.js").Standing>} read @returns {Promise<string | null>} what the register says
 */
export async function addRegisterCheck(checks, checkpoint, times, read) {
  /** @type {import("./register.js").Standing | null} */
  let found = null;
  await checks.attempt("register", `register of ${checkpoint.origin}`, async () => {
    found = await read();
    verifyAge(found.asOfMs, times);
    return [null, describeStanding(found)];
  });
  const standing = /** @type {import("./register.js").Standing | null} */ (/** @type {unknown} */ (found));
  if (standing === null) return null;
  checks.items[checks.items.length - 1].as_of = formatDatetime(standing.asOfMs);
  return standing.status;
}

/** @param {import("./certificate.js").Statement} statement */
function formatStatement(statement) {
  return {
    chain_id: statement.chainId,
    organisation: toHex(statement.organisation),
    organisation_name: statement.organisationName,
    volunteer: toHex(statement.volunteer),
    records: statement.records,
    minutes: statement.minutes,
    first_day: formatDate(statement.firstDay),
    last_day: formatDate(statement.lastDay),
  };
}
