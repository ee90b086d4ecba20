// Standard input: a list of [name of a call, arguments...]. Standard output: for each {"value": ...} or {"refused": reason}.
// Bytes travel as hex.
import { readFileSync } from "node:fs";

import { fromBase45, toBase45 } from "../../node/web/static/lib/base45.js";
import { parseBundle, verifyBundleEntries, verifyBundleValues } from "../../node/web/static/lib/bundle.js";
import { fromBase64, fromBase64Url, fromHex, fromUtf8, toHex } from "../../node/web/static/lib/bytes.js";
import { parseSignedCheckpoint } from "../../node/web/static/lib/checkpoint.js";
import { formatDatetime, parseDatetime } from "../../node/web/static/lib/datetimes.js";
import { Refusal } from "../../node/web/static/lib/errors.js";
import { encodeJcs, parseJson } from "../../node/web/static/lib/json.js";
import { formatMultibase, parseKeyMethod, parseMultibase } from "../../node/web/static/lib/multibase.js";
import { parseVerifierKey } from "../../node/web/static/lib/notes.js";
import { isPdf, listAttachments } from "../../node/web/static/lib/pdf.js";
import { countPixels } from "../../node/web/static/lib/picture-size.js";
import { hash } from "../../node/web/static/lib/sha256.js";
import { isSignature } from "../../node/web/static/lib/signatures.js";
import { parseTrust, verifyCheckpoint } from "../../node/web/static/lib/trust.js";

const CALLS = {
  base64: (text) => toHex(fromBase64(text)),
  base64url: (text) => toHex(fromBase64Url(text)),
  base45: (text) => [toHex(fromBase45(text)), toBase45(fromBase45(text))],
  sha256: (bytes) => toHex(hash(fromHex(bytes))),
  json: (bytes) => toHex(encodeJcs(parseJson(fromHex(bytes)))),
  datetime: (text) => [parseDatetime(text), formatDatetime(parseDatetime(text))],
  multibase: (text) => [toHex(parseMultibase(text)), formatMultibase(parseMultibase(text))],
  key_method: (text) => toHex(parseKeyMethod(text)),
  is_signature: (key, message, signature) => isSignature(fromHex(key), fromHex(message), fromHex(signature)),
  verifier_key: (text) => {
    const { name, type, key } = parseVerifierKey(text);
    return [name, type, toHex(key)];
  },
  trust: (bytes) => {
    const { logs, witnesses, groups, quorum } = parseTrust(fromHex(bytes));
    return [logs.length, witnesses.length, groups.map((group) => [group.threshold, group.members.length]), quorum !== null];
  },
  checkpoint: async (trust, note) => {
    const policy = parseTrust(fromHex(trust));
    const { checkpoint, cosigners, quorumTimeS } = await verifyCheckpoint(policy, fromUtf8(fromHex(note)));
    return [checkpoint.origin, String(checkpoint.size), toHex(checkpoint.root), cosigners.map((item) => item.keyName), String(quorumTimeS)];
  },
  pixels: (bytes) => countPixels(fromHex(bytes)),
  is_pdf: (bytes) => isPdf(fromHex(bytes)),
  attachments: (bytes) => listAttachments(fromHex(bytes)).map(toHex),
  bundle: (bytes) => {
    const bundle = parseBundle(parseJson(fromHex(bytes)));
    const { checkpoint } = parseSignedCheckpoint(bundle.note);
    verifyBundleEntries(bundle, checkpoint);
    const { header, values } = verifyBundleValues(bundle, checkpoint);
    return [Number(header.height), values.size];
  },
};

if (process.argv[2] === "without-ed25519") {
  // As browsers do that do not know it (Secure Curves in the Web Cryptography API).
  crypto.subtle.importKey = async () => { throw new DOMException("Unrecognized name.", "NotSupportedError"); };
}

async function answer([name, ...parts]) {
  try {
    return { value: await CALLS[name](...parts) };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.reason };
    throw error;
  }
}

const answers = [];
for (const call of JSON.parse(readFileSync(0, "utf8"))) answers.push(await answer(call));
process.stdout.write(JSON.stringify(answers));
