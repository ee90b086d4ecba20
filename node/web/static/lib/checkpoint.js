// Checkpoints (docs/formats/checkpoint.md): the size and root of a region's log, signed by the log and cosigned by authorities.

import { FormError, fromBase64, toBase64, toUtf8 } from "./bytes.js";
import { Refusal } from "./errors.js";
import { isClaimedBy, parseDecimal, parseNote, validateKeyName } from "./notes.js";
import { isSignature } from "./signatures.js";

const HASH_BYTES = 32;
const TIME_BYTES = 8;

/** @typedef {{ origin: string, size: bigint, root: Uint8Array }} Checkpoint */
/** @typedef {{ checkpoint: Checkpoint, note: import("./notes.js").SignedNote }} SignedCheckpoint */

/** @param {string} text @returns {Checkpoint} */
function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines[lines.length - 1] !== "") {
    throw new FormError("a checkpoint has three lines: origin, size and root, each ending in a newline");
  }
  if (lines.length > 4) throw new FormError("a checkpoint with extension lines is not accepted");
  const checkpoint = { origin: lines[0], size: parseDecimal(lines[1], "size of the log"), root: fromBase64(lines[2]) };
  validateKeyName(checkpoint.origin);
  if (checkpoint.root.length !== HASH_BYTES) throw new FormError(`a root has ${HASH_BYTES} bytes`);
  return checkpoint;
}

/** @param {Checkpoint} checkpoint @returns {string} */
export function formatCheckpoint({ origin, size, root }) {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Read a signed checkpoint; nothing is verified. @param {string} text @returns {SignedCheckpoint} */
export function parseSignedCheckpoint(text) {
  const note = parseNote(text);
  return { checkpoint: parseCheckpoint(note.text), note };
}

/**
 * The latest time (seconds since 1970) that an authority states, null when it signed nothing; raises when what it signed does not fit.
 * @param {SignedCheckpoint} signed @param {import("./notes.js").VerifierKey} key @returns {Promise<bigint | null>}
 */
export async function verifyCosignatures(signed, key) {
  let latest = null;
  for (const line of signed.note.signatures.filter((item) => isClaimedBy(item, key))) {
    const timeS = line.signature.subarray(0, TIME_BYTES).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const message = toUtf8(`cosignature/v1\ntime ${timeS}\n${formatCheckpoint(signed.checkpoint)}`);
    const isGood = timeS < 2n ** 63n && (await isSignature(key.key, message, line.signature.subarray(TIME_BYTES)));
    if (!isGood) throw new Refusal("invalid_signature", "a cosignature does not fit the checkpoint", key.name);
    if (latest === null || timeS > latest) latest = timeS;
  }
  return latest;
}
