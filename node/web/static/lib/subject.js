// What a register or a status list can be asked about a file: which chain, and which number or position. Nothing is verified.

import { recognise } from "./artefacts.js";
import { toHex } from "./bytes.js";
import { parseCard } from "./card.js";
import { LIST_POSITIONS } from "./certificate.js";
import { parseSignedCheckpoint } from "./checkpoint.js";
import { Refusal } from "./errors.js";
import { parseEvidence } from "./evidence.js";
import { parseJsonObject } from "./json.js";
import { makeKey, readRegistration } from "./ledger-shapes.js";
import { readOneCode } from "./one-code.js";
import { parseNumber } from "./register.js";
import { MAX_CERTIFICATE_BYTES } from "./verify-certificate.js";

/** @typedef {{ chainId: string, key: string | null, list: number | null }} Subject `key` of the register in hex, or the number of a list */

/** @param {Uint8Array} data @returns {Subject | null} null where nothing can be asked */
export function findSubject(data) {
  try {
    const kind = recognise(data);
    if (kind === "certificate") return findCertificate(data);
    if (kind === "one_code") {
      const code = readOneCode(data);
      return { chainId: code.origin, key: makeRegisterKey(readRegistration(code.entry).number), list: null };
    }
    if (kind !== "card") return null;
    const card = parseCard(data);
    return { chainId: card.chainId, key: null, list: Math.floor(card.position / LIST_POSITIONS) };
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** @param {Uint8Array} data @returns {Subject} */
function findCertificate(data) {
  const document = parseJsonObject(data, MAX_CERTIFICATE_BYTES);
  const evidence = parseEvidence(Array.isArray(document.evidence) ? String(document.evidence[0]?.id) : "");
  const { checkpoint } = parseSignedCheckpoint(evidence.bundle.note);
  return { chainId: checkpoint.origin, key: makeRegisterKey(parseNumber(document.id)), list: null };
}

/** @param {Uint8Array} number @returns {string} */
function makeRegisterKey(number) {
  return toHex(makeKey("certificate", number));
}
