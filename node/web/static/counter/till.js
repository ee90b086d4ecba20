// A merchant's till: its key, whose it is, the trust file under which codes are checked, and what it has taken. No page in here.

import { fromHex, fromUtf8, toHex } from "../lib/bytes.js";
import { importKey, makeKey } from "../wallet/keys.js";
import { DONE, Outbox, WAITING } from "../wallet/outbox.js";
import { getJson, getText, NodeAway, Refused } from "../wallet/requests.js";
import { askToKeep, openStore } from "../wallet/store.js";
import { makeTransaction } from "../wallet/transactions.js";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const KEPT_MS = 40 * DAY_MS;
const MAX_TRUST_BYTES = 65_536;

/** The node serves another chain than the one that this till belongs to. */
export class OtherChain extends Error {}

export class Till {
  /** @param changed called whenever something that was taken or refunded has changed */
  static async open(changed) {
    const till = new Till(await openStore("counter"), changed);
    for (const name of ["key", "chain", "merchant", "trust", "balance"]) till[name] = (await till.store.get(name)) ?? null;
    return till;
  }

  constructor(store, changed) {
    this.store = store;
    this.outbox = new Outbox(store, changed);
  }

  async #keep(name, value) {
    await this.store.put(name, value);
    this[name] = value;
  }

  /** Make the key, once, or take the one in a PEM file. */
  async makeKey() {
    this.key = await this.store.putFirst("key", await makeKey());
    await askToKeep();
  }

  /** Take the key in a key file. Raises `FormError` where it holds none, `WrongPassphrase`. */
  async importKey(bytes, passphrase) {
    this.key = await this.store.putFirst("key", await importKey(bytes, passphrase));
    await askToKeep();
  }

  /** The public key in hex. */
  get publicKey() {
    return toHex(this.key.publicKey);
  }

  /** Ask whose the key is, and for the trust file if there is none. Returns whether it is a merchant's. */
  async findMerchant() {
    const status = await getJson("/v1/status");
    if (this.chain !== null && this.chain.chainId !== status.chain_id) throw new OtherChain(status.chain_id);
    const { parameters } = await getJson("/v1/governance");
    await this.#keep("chain", { chainId: String(status.chain_id), region: String(status.region), offsetMinutes: parameters.utc_offset_minutes });
    const number = await this.#findNumber();
    if (number === null) return false;
    const merchant = await getJson(`/v1/merchants/${number}`);
    await this.#keep("merchant", { number, name: String(merchant.name), isActive: merchant.standing === "active" });
    if (this.trust === null) await this.fetchTrust();
    return true;
  }

  async #findNumber() {
    try {
      const { role, party } = await getJson("/v1/party", { key: this.key });
      return role === "merchant" ? toHex(fromHex(party, 16)) : null;
    } catch (error) {
      if (error instanceof Refused && error.reason === "not_authenticated") return null;
      throw error;
    }
  }

  /** Put the node's trust file in the place of the one that is kept. */
  async fetchTrust() {
    await this.#keep("trust", { text: await getText("/v1/trust"), fromMs: Date.now(), isOwn: false });
  }

  /** Put a trust file in the place of the one that is kept. Raises `RangeError`, `FormError`. */
  async takeTrust(bytes) {
    if (bytes.length > MAX_TRUST_BYTES) throw new RangeError("too large for a trust file");
    await this.#keep("trust", { text: fromUtf8(bytes), fromMs: Date.now(), isOwn: true });
  }

  /** Ask for the balance. */
  async refresh() {
    const account = await getJson(`/v1/merchants/${this.merchant.number}/account`, { key: this.key });
    await this.#keep("balance", { points: account.balance, asOfMs: Date.now() });
  }

  /** The month that it is on the region's clock, such as 2026-05. */
  computeMonth() {
    return new Date(Date.now() + this.chain.offsetMinutes * MINUTE_MS).toISOString().slice(0, 7);
  }

  /** What this till did with a hold: the item of the outbox, or undefined. */
  async findCapture(hold) {
    return this.outbox.find(`capture/${hold}`);
  }

  /** What the ledger says of a hold; null where the node is away. Raises `Refused`. */
  async askHold(hold) {
    try {
      return await getJson(`/v1/holds/${hold}`, { key: this.key, patience: 6_000 });
    } catch (error) {
      if (error instanceof NodeAway) return null;
      throw error;
    }
  }

  /** Take points of a hold, once: whoever taps twice sends the same bytes twice. Returns the item of the outbox. */
  async capture({ hold, untilMs }, points) {
    const name = `capture/${hold}`;
    // It may have to wait for a network, and is worth nothing once the hold is over.
    const validUntilMs = Math.min(Math.max(untilMs, Date.now() + 10 * MINUTE_MS), Date.now() + 29 * DAY_MS);
    const transaction = await this.#sign("exchange.capture", [fromHex(hold, 16), points], validUntilMs);
    await this.outbox.add(name, transaction, { what: "capture", hold, points, untilMs });
    return this.outbox.deliver(name);
  }

  /** Give captured points back. A refund that waits is sent before another one is made. */
  async refund(hold, points) {
    const before = await this.listRefunds(hold);
    const waiting = before.find((item) => item.state === WAITING);
    if (waiting !== undefined) return this.outbox.deliver(waiting.name);
    return this.carryOut(`refund/${hold}/${before.length}`, "exchange.refund", [fromHex(hold, 16), points], { what: "refund", hold, points });
  }

  /** Sign anything else, keep it, send it, and return its item of the outbox. `name` stands for what is to be done once. */
  async carryOut(name, kind, body, about) {
    const transaction = await this.#sign(kind, body, Date.now() + DAY_MS);
    const item = await this.outbox.addAgain(name, transaction, about);
    return this.outbox.deliver(item.name);
  }

  /** A question that is signed with the key. */
  async askSigned(path) {
    return getJson(path, { key: this.key });
  }

  async #sign(kind, body, validUntilMs) {
    return makeTransaction({ chainId: this.chain.chainId, kind, body, validUntilMs, key: this.key });
  }

  /** All refunds of a hold, of whatever state. */
  async listRefunds(hold) {
    return (await this.outbox.list()).filter((item) => item.name.startsWith(`refund/${hold}/`));
  }

  /** How many points of a capture are not refunded, as far as this till knows. */
  async countLeft(item) {
    const refunds = await this.listRefunds(item.about.hold);
    const back = refunds.filter((refund) => refund.state === DONE).reduce((sum, refund) => sum + refund.about.points, 0);
    return item.about.points - back;
  }

  /** Forget what was settled long ago. */
  async tidy() {
    for (const item of await this.outbox.list()) {
      const lastMs = Math.max(item.madeMs, item.about.untilMs ?? 0); // as long as its code could be shown again
      if (item.state !== WAITING && lastMs + KEPT_MS < Date.now()) await this.outbox.remove(item.name);
    }
  }
}
