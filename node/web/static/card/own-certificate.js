// A certificate that a volunteer makes without anybody's help: proven records, signed by the key of the account
// (docs/formats/certificate.md#issuer). No page in here.

import { FormError, fromHex, toBase64, toHex, toUtf8 } from "../lib/bytes.js";
import { buildDocument } from "../lib/certificate.js";
import { computeHashData, JCS, RDFC } from "../lib/data-integrity.js";
import { formatDatetime } from "../lib/datetimes.js";
import { parseEvidence } from "../lib/evidence.js";
import { encodeJcs, parseJsonObject } from "../lib/json.js";
import { makeKey, readOrganisation, readRecord } from "../lib/ledger-shapes.js";
import { formatDidKey, formatMultibase, formatMultikey } from "../lib/multibase.js";
import { parseTrust } from "../lib/trust.js";
import { computeStatement, MAX_CERTIFICATE_BYTES, verifyCertificate } from "../lib/verify-certificate.js";
import { sign } from "../wallet/keys.js";
import { getText, postJson } from "../wallet/requests.js";

const EVIDENCE = "data:application/vnd.hourledger.bundle+json;base64,";
/** What one request for a bundle may ask for, less the header. */
export const MAX_RECORDS = 1_900;

/** What was made is not valid, says the same code that verifiers run. */
export class NotMade extends Error {}

/**
 * The records that count now, by organisation, each with its place in the log:
 * `[{ organisation, records: [{ index, record, day, minutes, opening }] }]`, days and identifiers as texts, newest day first.
 */
export async function listOwnRecords(wallet) {
  const counted = new Map(wallet.figures.records.filter((item) => item.status === "counted").map((item) => [item.record, item]));
  const newest = new Map();
  for await (const [index, entry] of wallet.iterateEntries("hours.recorded")) {
    const fields = readRecord(entry);
    // A correction is a later entry about the same record.
    const isOwn = toHex(fields.volunteer) === wallet.account; // and not of an account that was merged into this one
    if (isOwn && counted.has(toHex(fields.record))) newest.set(toHex(fields.record), { index, ...fields });
  }
  const openings = await findOpenings(wallet);
  const groups = new Map();
  for (const [record, fields] of newest) {
    const { day, minutes, organisation } = counted.get(record);
    const item = { index: fields.index, record, day, minutes, fields, opening: openings.get(fields.index) ?? null };
    groups.set(organisation, [...(groups.get(organisation) ?? []), item]);
  }
  return [...groups].map(([organisation, records]) => ({ organisation, records: records.sort((a, b) => b.day.localeCompare(a.day)) }));
}

/** The openings in certificates that are kept on this phone: whoever issued one gave them to the volunteer. */
async function findOpenings(wallet) {
  const found = new Map();
  for (const { bytes } of await wallet.store.list("certificates/")) {
    for (const opening of readOpenings(bytes)) found.set(opening.index, opening);
  }
  return found;
}

function readOpenings(bytes) {
  try {
    const [evidence] = parseJsonObject(bytes, MAX_CERTIFICATE_BYTES).evidence;
    return parseEvidence(evidence.id).openings;
  } catch {
    return []; // a picture, or a certificate of others
  }
}

/**
 * The file of a certificate of these records, which are of one organisation; details are shown of those in `opened`.
 * Raises `NotMade` where it would not be valid.
 */
export async function makeOwnCertificate(wallet, records, opened) {
  const [{ fields }] = records;
  const organisationKey = makeKey("organisation", fields.organisation);
  const keys = new Set([toHex(organisationKey), toHex(makeKey("volunteer", fields.volunteer))]);
  for (const item of records) keys.add(toHex(makeKey("batch", item.fields.batch)));
  const entries = records.map((item) => item.index).sort((left, right) => left - right);
  const bundle = await postJson("/v1/bundles", { entries, keys: [...keys].sort() }, wallet.key);
  const value = bundle.values.find((item) => item.key === toBase64(organisationKey))?.value;
  if (typeof value !== "string") throw new FormError("the node's answer does not show the organisation");
  const organisation = readOrganisation(Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0)));
  const statement = computeStatement(wallet.chain.chainId, organisation, records.map((item) => item.fields));
  const issuedMs = Math.floor(Date.now() / 1000) * 1000;
  const issue = { did: formatDidKey(wallet.key.publicKey), issuedMs, byVolunteer: true, position: null };
  const document = buildDocument(statement, formatEvidence(bundle, opened), issue);
  const bytes = encodeJcs(await signDocument(document, wallet.key, issuedMs));
  await requireValid(bytes);
  return bytes;
}

function formatEvidence(bundle, opened) {
  const sorted = opened.map((item) => item.opening).sort((left, right) => left.index - right.index);
  const openings = sorted.map(({ index, salt, details }) => ({ index, salt: toBase64(salt), details }));
  return EVIDENCE + toBase64(encodeJcs({ ...bundle, openings }));
}

async function signDocument(document, key, createdMs) {
  const method = `${formatDidKey(key.publicKey)}#${formatMultikey(key.publicKey)}`;
  const proofs = [];
  for (const cryptosuite of [JCS, RDFC]) {
    const common = { type: "DataIntegrityProof", cryptosuite, created: formatDatetime(createdMs), verificationMethod: method, proofPurpose: "assertionMethod" };
    const options = cryptosuite === JCS ? { ...common, "@context": document["@context"] } : common;
    proofs.push({ ...options, proofValue: formatMultibase(await sign(key, computeHashData(options, document))) });
  }
  return { ...document, proof: proofs };
}

async function requireValid(bytes) {
  const trust = [parseTrust(toUtf8(await getText("/v1/trust")))];
  const report = await verifyCertificate(bytes, { trust, times: { atTimeMs: Date.now(), maxAgeMs: null }, status: null });
  const failed = report.checks.find((check) => check.verdict !== "valid");
  if (failed !== undefined) throw new NotMade(failed.detail);
}
