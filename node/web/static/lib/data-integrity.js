// W3C Data Integrity proofs of eddsa-jcs-2022 and eddsa-rdfc-2022, as strict as certificates/data_integrity.py.

import { FormError, join, toHex } from "./bytes.js";
import { parseDatetime } from "./datetimes.js";
import { parseMethod } from "./dids.js";
import { Refusal } from "./errors.js";
import { encodeJcs, isObject, isSameJson } from "./json.js";
import { parseMultibase } from "./multibase.js";
import { canonicalise } from "./rdf.js";
import { hash } from "./sha256.js";
import { verifySignature } from "./signatures.js";
import { VOCABULARIES } from "./terms.js";

export const JCS = "eddsa-jcs-2022";
export const RDFC = "eddsa-rdfc-2022";
const PROOF_TYPE = "DataIntegrityProof";
const PURPOSE = "assertionMethod";
const MAX_PROOFS = 16;
const SIGNATURE_BYTES = 64;
const TEXT_MEMBERS = ["type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"];

/** @typedef {{ [name: string]: any }} JsonObject */
/** @typedef {{ cryptosuite: string, method: string, key: Uint8Array }} VerifiedProof */

/** @param {JsonObject} document @param {string} name @returns {JsonObject} a copy without one member */
export function without(document, name) {
  const copy = Object.assign(Object.create(null), document);
  delete copy[name];
  return copy;
}

/** @param {JsonObject} document @returns {Uint8Array} of its canonical JSON without proofs */
export function computeDocumentHash(document) {
  return hash(encodeJcs(without(document, "proof")));
}

/**
 * Verify every proof that is of one of the two cryptosuites; `unchecked` names those of others.
 * @param {JsonObject} document @returns {Promise<{ verified: VerifiedProof[], unchecked: string[] }>}
 */
export async function verifyProofs(document) {
  const verified = [];
  const unchecked = [];
  for (const proof of listProofs(document)) {
    if (proof.type !== PROOF_TYPE) throw new FormError(`a proof whose type is not ${PROOF_TYPE}`);
    const cryptosuite = readText(proof, "cryptosuite");
    if (cryptosuite === JCS || cryptosuite === RDFC) {
      validateMembers(document, proof);
      verified.push(await verifyOne(document, proof));
    } else {
      unchecked.push(cryptosuite);
    }
  }
  if (verified.length === 0) throw new FormError("no proof of a cryptosuite that is known here", "unsupported_version");
  const makers = new Set(verified.map((proof) => `${proof.cryptosuite} ${toHex(proof.key)}`));
  if (makers.size !== verified.length) throw new FormError("two proofs of one cryptosuite by one key");
  return { verified, unchecked };
}

/** @param {JsonObject} document @returns {JsonObject[]} */
function listProofs(document) {
  const items = Array.isArray(document.proof) ? document.proof : [document.proof];
  if (!items.every(isObject) || items.length < 1 || items.length > MAX_PROOFS) {
    throw new FormError(`a signed document has a proof, or a list of up to ${MAX_PROOFS}`);
  }
  return items;
}

/** @param {JsonObject} proof @param {string} name @returns {string} */
function readText(proof, name) {
  if (typeof proof[name] !== "string") throw new FormError(`a proof whose ${name} is no text`);
  return proof[name];
}

/** @param {JsonObject} document @param {JsonObject} proof */
function validateMembers(document, proof) {
  const hasContext = proof.cryptosuite === JCS && "@context" in document;
  const expected = hasContext ? [...TEXT_MEMBERS, "@context"] : TEXT_MEMBERS;
  if (Object.keys(proof).length !== expected.length || !expected.every((name) => name in proof)) {
    throw new FormError("a proof with an unknown member, or without one that belongs there");
  }
  if (hasContext && !isSameJson(proof["@context"], document["@context"])) throw new FormError("a proof whose @context is not that of the document");
}

/** @param {JsonObject} document @param {JsonObject} proof @returns {Promise<VerifiedProof>} */
async function verifyOne(document, proof) {
  if (proof.proofPurpose !== PURPOSE) {
    throw new Refusal("invalid_signature", `the signature was not made for the purpose ${PURPOSE}`, readText(proof, "proofPurpose"));
  }
  const method = readText(proof, "verificationMethod");
  const { key } = parseMethod(method);
  parseDatetime(readText(proof, "created"));
  const signature = parseMultibase(readText(proof, "proofValue"));
  if (signature.length !== SIGNATURE_BYTES) throw new FormError("a proofValue of another length than a signature");
  await verifySignature(key, computeHashData(proof, document), signature);
  return { cryptosuite: proof.cryptosuite, method, key };
}

/** The 64 bytes that are signed; a `proofValue` is left out. @param {JsonObject} proof @param {JsonObject} document @returns {Uint8Array} */
export function computeHashData(proof, document) {
  const options = without(proof, "proofValue");
  if (proof.cryptosuite === RDFC && "@context" in document) options["@context"] = document["@context"];
  return join(hash(encodeCanonical(options, proof.cryptosuite)), hash(encodeCanonical(without(document, "proof"), proof.cryptosuite)));
}

/** @param {JsonObject} document @param {string} cryptosuite @returns {Uint8Array} */
function encodeCanonical(document, cryptosuite) {
  if (cryptosuite === JCS) return encodeJcs(document);
  const vocabulary = VOCABULARIES.find(({ contexts }) => "@context" in document && isSameJson(document["@context"], contexts));
  if (vocabulary === undefined) throw new FormError("linked data with other contexts than those of our templates", "unsupported_version");
  return canonicalise(document, vocabulary);
}
