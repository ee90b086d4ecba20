// Bitstring Status Lists (docs/formats/status-list.md), by the rules of certificates/bitstring_list.py.

import { FormError, fromBase64Url, isSame } from "./bytes.js";
import { LIST_POSITIONS } from "./certificate.js";
import { Checks, makeReport } from "./checks.js";
import { verifyProofs, without } from "./data-integrity.js";
import { formatDatetime, parseDatetime } from "./datetimes.js";
import { Refusal } from "./errors.js";
import { unpackGzip } from "./inflate.js";
import { isSameJson, parseJsonObject } from "./json.js";
import { requireLogKey } from "./jws.js";
import { formatDidKey, parseDidKey } from "./multibase.js";
import { parseListUri, unpackExactly, verifyListTime } from "./status-list.js";

export const TYPE = "BitstringStatusListCredential";
const CONTEXT = "https://www.w3.org/ns/credentials/v2";
const BYTES = LIST_POSITIONS / 8;
const MAX_CREDENTIAL_BYTES = 262_144;
const PURPOSES = ["revocation", "suspension", "refresh"];

/** @param {Uint8Array} data */
function readList(data) {
  const document = parseJsonObject(data, MAX_CREDENTIAL_BYTES);
  const { id, issuer, validFrom, validUntil } = document;
  const encoded = document.credentialSubject?.encodedList;
  if (![id, issuer, validFrom, validUntil, encoded].every((item) => typeof item === "string")) {
    throw new FormError("the file is not a status list of this ledger");
  }
  const split = id.lastIndexOf("/");
  const purpose = id.slice(split + 1);
  if (!PURPOSES.includes(purpose) || !encoded.startsWith("u")) throw new FormError("the list is of no purpose that is known here, or not in base64url");
  const name = parseListUri(id.slice(0, Math.max(split, 0)));
  const key = parseDidKey(issuer);
  const [issuedMs, expiresMs] = [parseDatetime(validFrom), parseDatetime(validUntil)];
  unpackExactly(unpackGzip, fromBase64Url(encoded.slice(1)), BYTES);
  const expected = {
    "@context": [CONTEXT],
    id,
    type: ["VerifiableCredential", TYPE],
    issuer: formatDidKey(key),
    validFrom: formatDatetime(issuedMs),
    validUntil: formatDatetime(expiresMs),
    credentialSubject: { id: `${id}#list`, type: "BitstringStatusList", statusPurpose: purpose, encodedList: encoded },
  };
  if (!isSameJson(without(document, "proof"), expected)) throw new FormError("the list says something else than the template");
  return { document, name, purpose, key, issuedMs, expiresMs };
}

/** @param {Uint8Array} data @param {import("./verify-certificate.js").Question} question @returns {Promise<import("./checks.js").Report>} */
export async function verifyBitstringList(data, { trust, times }) {
  const checks = new Checks();
  const found = await checks.attempt("format", "Bitstring Status List", () => {
    const list = readList(data);
    return [list, `${list.purpose} in list ${list.name.number} of ${list.name.chainId}`];
  });
  if (found === null) return makeReport("bitstring_status_list", checks);
  await checks.attempt("signature", `log keys of ${found.name.chainId}`, async () => {
    requireLogKey(trust, found.name.chainId, found.key);
    const { verified } = await verifyProofs(found.document);
    if (!verified.every((proof) => isSame(proof.key, found.key))) throw new Refusal("invalid_signature", "the list is not signed by its issuer alone");
    return [true, "signed by a node of the region"];
  });
  await checks.attempt("time", formatDatetime(times.atTimeMs), () => [true, verifyListTime(found.issuedMs, found.expiresMs, times)]);
  const statement = {
    chain_id: found.name.chainId,
    list: found.name.number,
    purpose: found.purpose,
    issued: formatDatetime(found.issuedMs),
    expires: formatDatetime(found.expiresMs),
  };
  return makeReport("bitstring_status_list", checks, { asOfMs: found.issuedMs, statement });
}
