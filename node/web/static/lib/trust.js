// Trust files (docs/formats/trust-file.md): whose checkpoints count, and how many authorities must agree.

import { FormError, fromUtf8, toHex } from "./bytes.js";
import { parseSignedCheckpoint, verifyCosignatures } from "./checkpoint.js";
import { Refusal } from "./errors.js";
import { COSIGNER_KEY, LOG_KEY, parseVerifierKey, verifyKnownSignatures } from "./notes.js";

const MAX_TRUST_BYTES = 131_072;
const MAX_LINES_A_KIND = 64;
const THRESHOLD = /^[1-9][0-9]{0,3}$/;
const NEWLINE = 0x0a;
const NONE = "none";

/** @typedef {import("./notes.js").VerifierKey} VerifierKey */
/** @typedef {{ key: VerifierKey, url: string | null }} LogKey */
/** @typedef {{ name: string, key: VerifierKey, url: string | null }} Witness */
/** @typedef {{ name: string, threshold: number, members: string[] }} Group */
/** @typedef {{ logs: LogKey[], witnesses: Witness[], groups: Group[], quorum: string | null }} TrustPolicy */
/** @typedef {{ name: string, keyName: string, timeS: bigint }} Cosigner */
/** @typedef {{ checkpoint: import("./checkpoint.js").Checkpoint, cosigners: Cosigner[], quorumTimeS: bigint | null }} VerifiedCheckpoint */

/** Read a trust file; raises `FormError` with the number of the line. @param {Uint8Array} bytes @returns {TrustPolicy} */
export function parseTrust(bytes) {
  if (bytes.length > MAX_TRUST_BYTES) throw new FormError(`a trust file has at most ${MAX_TRUST_BYTES} bytes`, "too_large");
  if (bytes.some((byte) => (byte < 0x20 && byte !== 0x09 && byte !== NEWLINE) || byte === 0x7f)) {
    throw new FormError("a trust file has no control characters but tab and newline");
  }
  if (bytes[bytes.length - 1] !== NEWLINE) throw new FormError("the last line of a trust file ends in a newline; the file may have been cut off");
  const policy = { logs: [], witnesses: [], groups: [], quorums: [], names: new Set() };
  splitLines(bytes).forEach((items, index) => {
    if (items.length === 0 || items[0].startsWith("#")) return;
    try {
      addLine(policy, items);
    } catch (error) {
      if (error instanceof FormError) throw new FormError(`line ${index + 1}: ${error.message}`, error.reason);
      throw error;
    }
  });
  if (policy.quorums.length !== 1) throw new FormError(`a trust file has exactly one quorum line, not ${policy.quorums.length}`);
  const [quorum] = policy.quorums;
  const { logs, witnesses, groups } = policy;
  validatePolicy(logs, witnesses, groups);
  return { logs, witnesses, groups, quorum: quorum === NONE ? null : quorum };
}

/** Items of each line. Names may be any bytes: what is no UTF-8 becomes a text that no UTF-8 gives. @param {Uint8Array} bytes @returns {string[][]} */
function splitLines(bytes) {
  const lines = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(splitItems(bytes.subarray(start, end)));
    start = end + 1;
  }
  return lines;
}

/** @param {Uint8Array} line @returns {string[]} */
function splitItems(line) {
  const items = [];
  let start = 0;
  for (let place = 0; place <= line.length; place += 1) {
    if (place < line.length && line[place] !== 0x20 && line[place] !== 0x09) continue;
    if (place > start) items.push(readItem(line.subarray(start, place)));
    start = place + 1;
  }
  return items;
}

/** @param {Uint8Array} bytes @returns {string} */
function readItem(bytes) {
  try {
    return fromUtf8(bytes);
  } catch {
    return `${String.fromCharCode(...bytes)}\udcff`;
  }
}

/** @param {any} policy @param {string[]} items */
function addLine(policy, [kind, ...items]) {
  if (kind === "log" && (items.length === 1 || items.length === 2)) {
    policy.logs.push({ key: readKey(items[0], LOG_KEY), url: items[1] ?? null });
  } else if (kind === "witness" && (items.length === 2 || items.length === 3)) {
    policy.witnesses.push({ name: readName(items[0]), key: readKey(items[1], COSIGNER_KEY), url: items[2] ?? null });
    policy.names.add(items[0]);
  } else if (kind === "group" && items.length >= 3) {
    policy.groups.push(readGroup(items, policy.names));
    policy.names.add(items[0]);
  } else if (kind === "quorum" && items.length === 1) {
    if (items[0] !== NONE) requireDefined([items[0]], policy.names);
    policy.quorums.push(items[0]);
  } else {
    throw new FormError("not a log, witness, group or quorum line with the right number of items");
  }
}

/** @param {string} text @param {number} type @returns {VerifierKey} */
function readKey(text, type) {
  const key = parseVerifierKey(text);
  if (key.type !== type) throw new FormError(`the key ${key.name} is not of the type that its line asks for`);
  return key;
}

/** @param {string} name @returns {string} */
function readName(name) {
  if (name === NONE) throw new FormError("the name none is reserved");
  return name;
}

/** @param {string[]} items @param {Set<string>} names @returns {Group} */
function readGroup([name, asked, ...members], names) {
  requireDefined(members, names);
  const isWord = asked === "any" || asked === "all";
  if (!isWord && !THRESHOLD.test(asked)) throw new FormError("a group asks for all, any or a number of its members");
  const threshold = asked === "any" ? 1 : asked === "all" ? members.length : Number(asked);
  if (threshold > members.length) throw new FormError(`the group asks for ${threshold} of ${members.length} members`);
  return { name: readName(name), threshold, members: members.map(readName) };
}

/** @param {string[]} used @param {Set<string>} names */
function requireDefined(used, names) {
  if (used.some((name) => !names.has(name))) throw new FormError("a name is not defined by a line before");
}

/** @param {LogKey[]} logs @param {Witness[]} witnesses @param {Group[]} groups */
function validatePolicy(logs, witnesses, groups) {
  if (Math.max(logs.length, witnesses.length, groups.length) > MAX_LINES_A_KIND) {
    throw new FormError(`at most ${MAX_LINES_A_KIND} logs, witnesses and groups`, "too_large");
  }
  requireOnce("log key", logs.map((log) => toHex(log.key.key)));
  requireOnce("witness key", witnesses.map((witness) => toHex(witness.key.key)));
  requireOnce("name", [...witnesses, ...groups].map((item) => item.name));
  requireOnce("group member", groups.flatMap((group) => group.members));
}

/** @param {string} kind @param {string[]} values */
function requireOnce(kind, values) {
  if (new Set(values).size !== values.length) throw new FormError(`a ${kind} is there more than once`);
}

/** Whether these witnesses together satisfy the quorum. @param {TrustPolicy} policy @param {string[]} names @returns {boolean} */
export function isQuorum(policy, names) {
  const satisfied = new Set(names);
  for (const group of policy.groups) {
    if (group.members.filter((name) => satisfied.has(name)).length >= group.threshold) satisfied.add(group.name);
  }
  return policy.quorum === null || satisfied.has(policy.quorum);
}

/**
 * A checkpoint that counts under a policy; raises `Refusal` when it does not, with the reason of ledger/trust.py.
 * @param {TrustPolicy} policy @param {string} note @returns {Promise<VerifiedCheckpoint>}
 */
export async function verifyCheckpoint(policy, note) {
  const signed = parseSignedCheckpoint(note);
  const { origin } = signed.checkpoint;
  const signers = await verifyKnownSignatures(signed.note, policy.logs.map((log) => log.key));
  const cosigners = [];
  for (const witness of policy.witnesses) {
    const timeS = await verifyCosignatures(signed, witness.key);
    if (timeS !== null) cosigners.push({ name: witness.name, keyName: witness.key.name, timeS });
  }
  if (!signers.some((key) => key.name === origin)) {
    throw new Refusal("untrusted_log", "no log in the trust file signed the checkpoint", origin);
  }
  if (!isQuorum(policy, cosigners.map((item) => item.name))) {
    const count = `${cosigners.length} of ${policy.witnesses.length} authorities`;
    throw new Refusal("quorum_missing", "too few authorities in the trust file cosigned the checkpoint", count);
  }
  return { checkpoint: signed.checkpoint, cosigners, quorumTimeS: computeQuorumTime(policy, cosigners) };
}

/** The latest time that a full quorum reaches. @param {TrustPolicy} policy @param {Cosigner[]} cosigners @returns {bigint | null} */
function computeQuorumTime(policy, cosigners) {
  if (policy.quorum === null) return null;
  const times = cosigners.map((item) => item.timeS).sort((left, right) => (left < right ? 1 : left > right ? -1 : 0));
  const isReached = (/** @type {bigint} */ timeS) =>
    isQuorum(policy, cosigners.filter((item) => item.timeS >= timeS).map((item) => item.name));
  return times.find(isReached) ?? null;
}

/**
 * A checkpoint from the log `origin`, held against trust files: the first that knows the log and accepts it decides.
 * @param {string} note @param {string} origin @param {TrustPolicy[]} trust @returns {Promise<VerifiedCheckpoint>}
 */
export async function verifyUnderTrust(note, origin, trust) {
  let failure = new Refusal("untrusted_log", "no trust file given knows the log", origin);
  for (const policy of trust.filter((item) => item.logs.some((log) => log.key.name === origin))) {
    try {
      return await verifyCheckpoint(policy, note);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failure = error;
    }
  }
  throw failure;
}
