// The entries and values of the ledger that verification reads, with their bounds (docs/formats/log-entries.md, docs/kinds.md).

import { FormError, join, toUtf8 } from "./bytes.js";
import { decode } from "./codec.js";
import {
  binary, boolean, day, decodeAs, hash32, identifier, integer, MAX_ENTRY_BYTES, MAX_VALUE_BYTES, member, minutes, optional, points, position,
  publicKey, sequence, struct, text, timeMs,
} from "./shapes.js";

const ENTRY_VERSION = 1;
const MAX_ROWS = 1_000;
const MINUTES_PER_DAY = 1_440;
const ACTIVE = 1;

const row = integer("row", 0, MAX_ROWS - 1);
const name = text("name", 256);
const statusPosition = integer("position", 0, 2 ** 31 - 1);

const header = struct("header", {
  version: integer("version", 1, 1),
  chainId: text("chain id", 128),
  height: position,
  timeMs,
  parentHash: hash32,
  proposer: publicKey,
  transactionsRoot: hash32,
  eventsRoot: hash32,
  stateRoot: hash32,
  logSize: position,
  logRoot: hash32,
  authoritiesHash: hash32,
  nextAuthoritiesHash: hash32,
  ruleBookVersion: integer("rule book version", 1, 2 ** 16),
  evidenceRoot: hash32,
});

const record = struct("record", {
  record: identifier,
  revision: integer("revision", 1, 254),
  batch: identifier,
  row,
  organisation: identifier,
  activity: identifier,
  volunteer: identifier,
  day,
  start: optional(integer("start", 0, MINUTES_PER_DAY - 1)),
  minutes,
  points,
  isLate: boolean,
  isBackfilled: boolean,
  commitment: hash32,
  correction: optional(member("correction", [1, 2, 3, 4, 5, 6])),
});

const registration = struct("registration", {
  number: identifier,
  organisation: identifier,
  volunteer: identifier,
  firstDay: day,
  lastDay: day,
  minutes,
  document: hash32,
  organisationName: name,
  position: optional(statusPosition),
  issuedDay: day,
});

const organisation = struct("organisation", {
  name,
  standing: member("standing", [ACTIVE, 2]),
  officers: sequence("officers", publicKey, 1, 16),
  approvals: integer("approvals", 0, 2 ** 16),
});

const batch = struct("batch", { organisation: identifier, revisions: binary("revisions", 1, MAX_ROWS) });

const volunteer = struct("volunteer", { key: optional(publicKey), enrolledBy: identifier, tags: sequence("tags", hash32, 1, 8) });

const certificate = struct("certificate", {
  organisation: identifier,
  issuedDay: day,
  firstDay: day,
  lastDay: day,
  minutes,
  document: hash32,
  status: member("status", [1, 2, 3, 4, 5]),
  successor: optional(identifier),
  position: optional(statusPosition),
});

/** Names of the statuses of the register, by number. */
export const REGISTER_STATUSES = [null, "valid", "revoked", "superseded", "erased", "suspended"];

/** Name and fields of an entry, the fields not yet read. @param {Uint8Array} bytes @returns {[string, any]} */
export function splitEntry(bytes) {
  const value = decode(bytes, MAX_ENTRY_BYTES);
  const isList = Array.isArray(value) && value.length > 0 && Number.isSafeInteger(value[0]);
  if (isList && value[0] > ENTRY_VERSION) throw new FormError("entry: a version that is not known here", "unsupported_version");
  if (!isList || value.length !== 3 || value[0] !== ENTRY_VERSION || typeof value[1] !== "string") throw new FormError("entry: not [1, type, fields]");
  return [value[1], value[2]];
}

/** @param {string} type @param {(value: any) => any} shape @returns {(bytes: Uint8Array) => any} */
function entryOf(type, shape) {
  return (bytes) => {
    const [found, fields] = splitEntry(bytes);
    if (found !== type) throw new FormError(`the entry is not a ${type}`);
    return shape(fields);
  };
}

export const HEADER = "ledger.header";
export const readHeader = entryOf(HEADER, header);
export const readRecord = entryOf("hours.recorded", record);
export const readRegistration = entryOf("certificates.registered", registration);

/** @param {(value: any) => any} shape @returns {(bytes: Uint8Array) => any} */
function valueOf(shape) {
  return (bytes) => decodeAs(shape, bytes, MAX_VALUE_BYTES);
}

export const readOrganisation = valueOf(organisation);
export const readBatch = valueOf(batch);
export const readVolunteer = valueOf(volunteer);
export const readCertificate = valueOf(certificate);

/** Key of a value in the state: the table's name, a slash, and the rest. @param {string} table @param {Uint8Array} rest @returns {Uint8Array} */
export function makeKey(table, rest) {
  return join(toUtf8(`${table}/`), rest);
}

/** @param {{ standing: number }} found an organisation @returns {boolean} */
export function isActive(found) {
  return found.standing === ACTIVE;
}
