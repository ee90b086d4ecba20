// What the register of a chain says of a certificate, from a bundle that is newer than it (certificates/register.py).

import { FormError, fromHex, isSame, toHex } from "./bytes.js";
import { parseBundle, verifyBundleEntries, verifyBundleValues } from "./bundle.js";
import { formatNumber } from "./certificate.js";
import { parseSignedCheckpoint } from "./checkpoint.js";
import { computeQuorumTimeMs } from "./checks.js";
import { Refusal } from "./errors.js";
import { parseJsonObject } from "./json.js";
import { makeKey, readCertificate, REGISTER_STATUSES } from "./ledger-shapes.js";
import { verifyUnderTrust } from "./trust.js";

const MAX_STATUS_BYTES = 1 << 20;
const NOT_REGISTERED = "not_registered";
/** What may be relied on, also where another document has its number. */
const STANDING = new Set(["valid", "superseded"]);

/** @typedef {{ number: Uint8Array, document: Uint8Array, organisation: Uint8Array }} Subject */
/** @typedef {{ status: string, height: number, asOfMs: number, successor: Uint8Array | null }} Standing */

/** @param {any} text an `id` @returns {Uint8Array} */
export function parseNumber(text) {
  const plain = (typeof text === "string" ? text : "").trim().toLowerCase().replace(/^urn:uuid:/, "").replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(plain)) throw new FormError("a certificate's number is a UUID", "usage");
  return fromHex(plain);
}

/**
 * A bundle under which a state is proven that is not older than `checkpoint`, and its values.
 * @param {Uint8Array} data @param {string} origin @param {import("./trust.js").TrustPolicy[]} trust
 */
export async function readStateBundle(data, origin, trust) {
  const bundle = parseBundle(parseJsonObject(data, MAX_STATUS_BYTES));
  const { checkpoint } = parseSignedCheckpoint(bundle.note);
  if (checkpoint.origin !== origin) throw new Refusal("stale", "the status is of another chain", checkpoint.origin);
  const verified = await verifyUnderTrust(bundle.note, origin, trust);
  return { bundle, checkpoint, verified };
}

/** @param {Awaited<ReturnType<typeof readStateBundle>>} found */
export function proveValues({ bundle, checkpoint, verified }) {
  verifyBundleEntries(bundle, checkpoint);
  const { header, values } = verifyBundleValues(bundle, checkpoint);
  return { header, values, asOfMs: computeQuorumTimeMs(verified) ?? header.timeMs };
}

/**
 * @param {Uint8Array} data @param {Subject} subject @param {import("./checkpoint.js").Checkpoint} older @param {import("./trust.js").TrustPolicy[]} trust
 * @returns {Promise<Standing>}
 */
export async function readStanding(data, subject, older, trust) {
  const found = await readStateBundle(data, older.origin, trust);
  if (found.checkpoint.size < older.size) throw new Refusal("stale", "the status is older than the certificate", `${found.checkpoint.size} entries`);
  const { header, values, asOfMs } = proveValues(found);
  const key = toHex(makeKey("certificate", subject.number));
  const value = values.get(key);
  if (value === undefined) throw new Refusal("stale", "the status is about another certificate", formatNumber(subject.number));
  const entry = value === null ? null : readCertificate(value);
  if (entry === null || !isSame(entry.organisation, subject.organisation)) {
    return { status: NOT_REGISTERED, height: header.height, asOfMs, successor: null };
  }
  const status = String(REGISTER_STATUSES[entry.status]);
  if (STANDING.has(status) && !isSame(entry.document, subject.document)) {
    throw new Refusal("stale", "the register has another issue of this certificate", formatNumber(subject.number));
  }
  return { status, height: header.height, asOfMs, successor: entry.successor };
}

/** What the register says, in words; raises for a certificate that does not stand. @param {Standing} standing @returns {string} */
export function describeStanding({ status, height, successor }) {
  const block = `as of block ${height}`;
  if (status === NOT_REGISTERED) return `the organisation has not registered it, ${block}`;
  if (!STANDING.has(status)) throw new Refusal("not_current", `the certificate is ${status}, ${block}`);
  if (successor !== null) return `superseded by ${formatNumber(successor)}, ${block}: it stays true as history`;
  return `registered and neither revoked nor superseded, ${block}`;
}
