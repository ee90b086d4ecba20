// A volunteer's wallet: the key, whose it is, and what the node last told. No page in here.

import { fromHex, toHex } from "../lib/bytes.js";
import { makeKey } from "../wallet/keys.js";
import { Outbox } from "../wallet/outbox.js";
import { getJson, Refused } from "../wallet/requests.js";
import { askToKeep, openStore } from "../wallet/store.js";
import { makeTransaction } from "../wallet/transactions.js";

const DAY_MS = 86_400_000;
const MAX_PAGES = 1_000;
const PAGE = 500;
const IDENTIFIER_BYTES = 16;
const KEY_BYTES = 32;

/** The node serves another chain than the one that this wallet belongs to. */
export class OtherChain extends Error {}

export class Wallet {
  static async open() {
    const wallet = new Wallet(await openStore("card"));
    await wallet.load();
    return wallet;
  }

  constructor(store) {
    this.store = store;
    this.outbox = new Outbox(store);
  }

  /** Read all that is kept: `key`, `chain`, `account` (in hex) and `figures` are null as long as there is none. */
  async load() {
    for (const name of ["key", "chain", "account", "figures"]) this[name] = (await this.store.get(name)) ?? null;
  }

  async #keep(name, value) {
    await this.store.put(name, value);
    this[name] = value;
  }

  /** Make the key, once. */
  async makeKey() {
    this.key = await this.store.putFirst("key", await makeKey());
    await askToKeep();
  }

  /** The public key in hex. */
  get publicKey() {
    return toHex(this.key.publicKey);
  }

  /** Ask which chain the node serves. Raises `OtherChain` where it is not the one from before. */
  async learnChain() {
    const status = await getJson("/v1/status");
    if (this.chain !== null && this.chain.chainId !== status.chain_id) throw new OtherChain(status.chain_id);
    await this.#keep("chain", { chainId: String(status.chain_id), region: String(status.region) });
  }

  /** Ask whose the key is. Returns whether it is a volunteer's. */
  async findAccount() {
    await this.learnChain();
    try {
      const { role, party } = await getJson("/v1/party", { key: this.key });
      if (role !== "volunteer") return false;
      fromHex(party, IDENTIFIER_BYTES);
      await this.#keep("account", party);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.reason === "not_authenticated") return false;
      throw error;
    }
  }

  /** A question that is signed with the key. */
  async askSigned(path, query = "") {
    return getJson(path, { query, key: this.key });
  }

  /** The entries of the log about this account of one type: `[index, bytes]`. */
  async *iterateEntries(wanted) {
    let start = 0;
    for (let page = 0; start !== null && page < MAX_PAGES; page += 1) {
      const answer = await this.askSigned(`/v1/volunteers/${this.account}/entries`, `from=${start}&limit=${PAGE}`);
      for (const { index, type, entry } of answer.entries) {
        if (type === wanted) yield [index, fromHex(entry)];
      }
      start = answer.next;
    }
  }

  /** Ask for points and records, and keep them with their time. */
  async refresh() {
    await this.learnChain();
    const path = `/v1/volunteers/${this.account}`;
    const account = await this.askSigned(path);
    const records = [];
    let next = "";
    for (let page = 0; next !== null && page < MAX_PAGES; page += 1) {
      const answer = await this.askSigned(`${path}/records`, next === "" ? "" : `from=${next}`);
      records.push(...answer.records);
      next = answer.next;
    }
    const counted = records.filter((record) => record.status === "counted");
    const minutes = counted.reduce((sum, record) => sum + record.minutes, 0);
    await this.#keep("figures", { balance: account.balance, lots: account.lots, minutes, records, asOfMs: Date.now() });
  }

  /**
   * Sign a transaction, keep it, send it, and return its item of the outbox. `name` stands for what is to be done once, unless the
   * ledger refuses it.
   */
  async carryOut(name, kind, body, about = {}) {
    const validUntilMs = Date.now() + DAY_MS;
    const transaction = await makeTransaction({ chainId: this.chain.chainId, kind, body, validUntilMs, key: this.key });
    const item = await this.outbox.addAgain(name, transaction, about);
    return this.outbox.deliver(item.name);
  }

  get accountBytes() {
    return fromHex(this.account, IDENTIFIER_BYTES);
  }

  /** Have the key of another phone take this one's place. Raises `FormError` for what is no key. */
  async moveTo(text) {
    const key = fromHex(text.trim().toLowerCase(), KEY_BYTES);
    return this.carryOut(`move/${toHex(key)}`, "identity.rotate_key", [this.accountBytes, key]);
  }

  /** Take up this key in the place of one that was lost. Raises `FormError` for what is no number of an account. */
  async takeUp(text) {
    const account = fromHex(text.trim().toLowerCase(), IDENTIFIER_BYTES);
    await this.learnChain();
    return this.carryOut(`take-up/${toHex(account)}`, "identity.take_up_key", [account]);
  }
}
