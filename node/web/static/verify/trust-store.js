// Trust files that are kept on this device: the node's own, and those that the user added. Each is kept as it came.

import { toHex } from "../lib/bytes.js";
import { hash } from "../lib/sha256.js";
import { parseTrust } from "../lib/trust.js";

const PREFIX = "trust/";
const REMOVED = "removed/";
const MAX_FILES = 64;
export const OF_NODE = "node";
export const OF_USER = "user";

/** What a trust file is, for people: what it names, and the hash by which two people compare it. */
export function describeTrust(bytes) {
  const policy = parseTrust(bytes);
  const group = policy.groups.find((item) => item.name === policy.quorum);
  const isPlain = policy.groups.length === 1 && group !== undefined;
  return {
    origins: [...new Set(policy.logs.map((log) => log.key.name))],
    authorities: policy.witnesses.map((witness) => witness.key.name),
    needed: policy.quorum === null ? 0 : isPlain ? group.threshold : null,
    fingerprint: toHex(hash(bytes)),
  };
}

/** Trust files on this device. Where the browser keeps nothing, they are there until the page is closed. */
export class TrustStore {
  constructor(store) {
    this.store = store;
    this.items = new Map();
  }

  async load() {
    const kept = this.store === null ? [] : await this.store.list(PREFIX);
    for (const item of kept) this.items.set(item.id, item);
  }

  list() {
    return [...this.items.values()].sort((left, right) => left.addedMs - right.addedMs);
  }

  /** The bytes of all files, for a verification. */
  listBytes() {
    return this.list().map((item) => item.bytes);
  }

  /** Keep a file. Raises `FormError` for one that is none, with the number of the line. */
  async add(bytes, source) {
    const { fingerprint } = describeTrust(bytes);
    const known = this.items.get(fingerprint);
    if (known !== undefined && (known.source === source || source === OF_NODE)) return known;
    if (known === undefined && this.items.size >= MAX_FILES) throw new RangeError(`at most ${MAX_FILES} trust files are kept`);
    const item = { id: fingerprint, bytes, source, addedMs: known?.addedMs ?? Date.now() };
    this.items.set(item.id, item);
    await this.store?.put(PREFIX + item.id, item);
    if (source === OF_USER) await this.store?.remove(REMOVED + item.id);
    return item;
  }

  /** Keep the node's own in the place of the one that it gave before, unless the user removed this very one. */
  async setNodes(bytes) {
    const { fingerprint } = describeTrust(bytes);
    for (const other of this.list()) if (other.source === OF_NODE && other.id !== fingerprint) await this.forget(other.id);
    if ((await this.store?.get(REMOVED + fingerprint)) === undefined) await this.add(bytes, OF_NODE);
  }

  /** Remove a file, as the user wishes: the node does not bring it back. */
  async remove(id) {
    await this.store?.put(REMOVED + id, true);
    await this.forget(id);
  }

  async forget(id) {
    this.items.delete(id);
    await this.store?.remove(PREFIX + id);
  }
}
