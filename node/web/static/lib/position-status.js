// What became of a status position: from a status list, or from a bundle with the value of the state (certificates/position_status.py).

import { join, toHex } from "./bytes.js";
import { LIST_POSITIONS } from "./certificate.js";
import { verifyAge } from "./checks.js";
import { Refusal } from "./errors.js";
import { makeKey } from "./ledger-shapes.js";
import { proveValues, readStateBundle } from "./register.js";
import { binary, decodeAs } from "./shapes.js";
import { getStatus, parseStatusList, STATUSES, verifyListSignature, verifyListTime } from "./status-list.js";

const CHUNK_POSITIONS = 1_024;
const NOBODY = 0;
const VALID_IN_STATE = 15;
const chunk = binary("statuses", CHUNK_POSITIONS / 2);

/** @typedef {{ chainId: string, position: number }} Place */
/** @typedef {{ status: string, asOfMs: number, source: string }} FoundStatus */

/**
 * The status of a position; raises `Refusal`: `status_unknown` where nothing was given, why it could not be had, or why it does not count.
 * @param {Uint8Array | Refusal | null} status @param {Place} place @param {import("./trust.js").TrustPolicy[]} trust @param {import("./checks.js").Times} times
 * @returns {Promise<FoundStatus>}
 */
export async function findStatus(status, place, trust, times) {
  if (status === null) throw new Refusal("status_unknown", "no status list was given");
  if (status instanceof Refusal) throw status;
  return isStatusList(status) ? readList(status, place, trust, times) : readBundle(status, place, trust, times);
}

/** Whether a status is a list, and not a bundle or another JSON object. @param {Uint8Array} status @returns {boolean} */
export function isStatusList(status) {
  return status.find((byte) => ![0x20, 0x09, 0x0d, 0x0a].includes(byte)) !== 0x7b;
}

/** @param {Uint8Array} data @param {Place} place @param {import("./trust.js").TrustPolicy[]} trust @param {import("./checks.js").Times} times */
async function readList(data, { chainId, position }, trust, times) {
  const found = parseStatusList(data);
  const { name } = found;
  if (name.chainId !== chainId || name.number !== Math.floor(position / LIST_POSITIONS)) throw new Refusal("stale", "it is another status list");
  await verifyListSignature(found, trust);
  verifyListTime(found.issuedMs, found.expiresMs, times);
  return { status: getStatus(found, position), asOfMs: found.issuedMs, source: `status list ${name.number}` };
}

/** @param {Uint8Array} data @param {Place} place @param {import("./trust.js").TrustPolicy[]} trust @param {import("./checks.js").Times} times */
async function readBundle(data, { chainId, position }, trust, times) {
  const { header, values, asOfMs } = proveValues(await readStateBundle(data, chainId, trust));
  const number = Math.floor(position / CHUNK_POSITIONS);
  const value = values.get(toHex(makeKey("status-chunk", join(Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255)))));
  if (value === undefined) throw new Refusal("stale", "the status is about other positions", String(position));
  verifyAge(asOfMs, times);
  const half = value === null ? NOBODY : readHalf(decodeAs(chunk, value), position % CHUNK_POSITIONS);
  if (half === NOBODY) throw new Refusal("not_current", "nobody has taken the position", String(position));
  const status = half === VALID_IN_STATE ? "valid" : STATUSES[half];
  if (status === undefined) throw new Refusal("unsupported_version", `the state says ${half} of the position, which has no meaning here`);
  return { status, asOfMs, source: `state of block ${header.height}` };
}

/** @param {Uint8Array} bytes @param {number} place @returns {number} */
function readHalf(bytes, place) {
  const pair = bytes[place >> 1];
  return place % 2 === 1 ? pair >> 4 : pair & 0x0f;
}
