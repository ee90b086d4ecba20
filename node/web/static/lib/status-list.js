// Token Status Lists (docs/formats/status-list.md), by the rules of certificates/status_list.py.

import { FormError, fromBase64Url } from "./bytes.js";
import { LIST_POSITIONS } from "./certificate.js";
import { Checks, makeReport, verifyAge } from "./checks.js";
import { formatDatetime } from "./datetimes.js";
import { Refusal } from "./errors.js";
import { unpackZlib } from "./inflate.js";
import { isObject } from "./json.js";
import { decodeAscii, parseJws, readIssuer, requireLogKey, takeSeconds, takeText, verifyJws } from "./jws.js";

const TYPE = "statuslist+jwt";
const BITS = 4;
const LIST_BYTES = LIST_POSITIONS / 2;
const TTL_S = 300;
const MAX_LIST_CHARACTERS = 262_144;
const MAX_LISTS = 2 ** 31 / LIST_POSITIONS;
const MEMBERS = ["iss", "sub", "iat", "exp", "ttl", "height", "status_list"];
const URI = /^https:\/\/([^\s#?]{1,255})\/v1\/status-lists\/(0|[1-9][0-9]{0,4})$/u;
/** Names of the statuses of a position, by number. @type {Record<number, string>} */
export const STATUSES = { 0: "valid", 1: "revoked", 2: "suspended", 3: "superseded", 11: "erased" };

/** @typedef {{ chainId: string, number: number }} ListName */
/** @typedef {{ name: ListName, issuedMs: number, expiresMs: number, height: number, packed: Uint8Array, jws: import("./jws.js").Jws }} StatusList */

/** Read the address of a list. @param {string} uri @returns {ListName} */
export function parseListUri(uri) {
  const found = URI.exec(uri);
  if (found === null || Number(found[2]) >= MAX_LISTS) throw new FormError("a text that is not the address of a status list");
  return { chainId: found[1], number: Number(found[2]) };
}

/** What was compressed, which is exactly `length` bytes. @param {(bytes: Uint8Array, most: number) => Uint8Array} unpack @param {Uint8Array} bytes @param {number} length */
export function unpackExactly(unpack, bytes, length) {
  const unpacked = unpackOrRefuse(unpack, bytes, length);
  if (unpacked.length !== length) throw new FormError(`the list does not unpack to exactly ${length} bytes`);
  return unpacked;
}

/** @param {(bytes: Uint8Array, most: number) => Uint8Array} unpack @param {Uint8Array} bytes @param {number} length @returns {Uint8Array} */
function unpackOrRefuse(unpack, bytes, length) {
  try {
    return unpack(bytes, length);
  } catch (error) {
    if (error instanceof FormError) throw new FormError(`the list does not unpack to exactly ${length} bytes`);
    throw error;
  }
}

/** Read a list; nothing is verified. @param {Uint8Array} data @returns {StatusList} */
export function parseStatusList(data) {
  const jws = parseJws(decodeAscii(data, MAX_LIST_CHARACTERS), TYPE, ["kid"], MEMBERS, MAX_LIST_CHARACTERS);
  const { payload } = jws;
  if (payload.ttl !== TTL_S) throw new FormError(`a list's ttl is ${TTL_S}`);
  const issuedMs = takeSeconds(payload.iat, "iat") * 1000;
  const expiresMs = takeSeconds(payload.exp, "exp") * 1000;
  if (!Number.isSafeInteger(payload.height) || payload.height < 0) throw new FormError("height is not a number");
  const list = payload.status_list;
  const isRight = isObject(list) && Object.keys(list).length === 2 && list.bits === BITS && typeof list.lst === "string";
  if (!isRight) throw new FormError(`a status list of this ledger has ${BITS} bits a position, and lst`);
  const packed = unpackExactly(unpackZlib, fromBase64Url(list.lst), LIST_BYTES);
  return { name: parseListUri(takeText(payload.sub, "sub")), issuedMs, expiresMs, height: payload.height, packed, jws };
}

/** The name of the status of a position of this list. @param {StatusList} list @param {number} position @returns {string} */
export function getStatus({ packed }, position) {
  const index = position % LIST_POSITIONS;
  const pair = packed[index >> 1];
  const number = index % 2 === 1 ? pair >> BITS : pair & 0x0f;
  if (STATUSES[number] === undefined) throw new FormError(`the list says ${number} of the position, which has no meaning here`, "unsupported_version");
  return STATUSES[number];
}

/** @param {StatusList} list @param {import("./trust.js").TrustPolicy[]} trust */
export async function verifyListSignature({ name, jws }, trust) {
  const key = readIssuer(jws);
  requireLogKey(trust, name.chainId, key);
  await verifyJws(jws, key);
}

/** How old a list is, in words. @param {number} issuedMs @param {number} expiresMs @param {import("./checks.js").Times} times @returns {string} */
export function verifyListTime(issuedMs, expiresMs, times) {
  const ageMs = verifyAge(issuedMs, times);
  if (expiresMs <= times.atTimeMs) throw new Refusal("stale", "the status list is out of date", formatDatetime(expiresMs));
  return `the list is ${Math.floor(ageMs / 1000)} s old`;
}

/** @param {Uint8Array} data @param {import("./verify-certificate.js").Question} question @returns {Promise<import("./checks.js").Report>} */
export async function verifyStatusList(data, { trust, times }) {
  const checks = new Checks();
  const found = await checks.attempt("format", "Token Status List", () => {
    const list = parseStatusList(data);
    return [list, `list ${list.name.number} of ${list.name.chainId}`];
  });
  if (found === null) return makeReport("token_status_list", checks);
  await checks.attempt("signature", `log keys of ${found.name.chainId}`, async () => {
    await verifyListSignature(found, trust);
    return [true, "signed by a node of the region"];
  });
  await checks.attempt("time", formatDatetime(times.atTimeMs), () => [true, verifyListTime(found.issuedMs, found.expiresMs, times)]);
  const statement = {
    chain_id: found.name.chainId,
    list: found.name.number,
    height: found.height,
    issued: formatDatetime(found.issuedMs),
    expires: formatDatetime(found.expiresMs),
  };
  return makeReport("token_status_list", checks, { asOfMs: found.issuedMs, statement });
}
