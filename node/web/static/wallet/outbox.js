// What is signed and waits for its outcome. It is on the disk before it is sent, and the same bytes are sent until the node says
// what became of them: so a tap, a closed page or a lost network never makes a second transaction out of the first.

import { isOpen, send } from "./transactions.js";
import { Refused } from "./requests.js";

const PREFIX = "outbox/";

export const WAITING = "waiting";
export const DONE = "done";
export const REFUSED = "refused";

export class Outbox {
  /** @param store the page's store @param changed called with an item whenever it changes */
  constructor(store, changed = () => {}) {
    this.store = store;
    this.changed = changed;
    this.sending = new Map();
  }

  /** All items, newest first. */
  async list() {
    const items = await this.store.list(PREFIX);
    return items.sort((left, right) => right.madeMs - left.madeMs);
  }

  /** Whether anything waits for its outcome. */
  async isWaiting() {
    return (await this.list()).some((item) => item.state === WAITING);
  }

  /** The item of a name, or undefined. */
  async find(name) {
    return this.store.get(PREFIX + name);
  }

  /**
   * Keep a transaction under a name that stands for what is to be done once, such as the capture of one hold. Whoever comes second
   * with the same name gets the first one's item, and its own transaction is never sent.
   */
  async add(name, transaction, about) {
    const item = { name, ...transaction, about, state: WAITING, reason: null, detail: null, madeMs: Date.now(), settledMs: null };
    const kept = await this.store.putFirst(PREFIX + name, item);
    this.changed(kept);
    return kept;
  }

  /**
   * The same for what may be tried again after the ledger refused it for good: then it is another transaction, under the next free name.
   */
  async addAgain(name, transaction, about) {
    for (let tries = 1; ; tries += 1) {
      const kept = await this.add(`${name}/${tries}`, transaction, about);
      if (kept.state !== REFUSED || !kept.isFinal) return kept;
    }
  }

  /** Send one item, and return it as it is afterwards: still waiting where the node gave no outcome. */
  async deliver(name) {
    const running = this.sending.get(name) ?? this.#deliver(name).finally(() => this.sending.delete(name));
    this.sending.set(name, running);
    return running;
  }

  async #deliver(name) {
    const item = await this.find(name);
    if (item === undefined || item.state === DONE) return item;
    const settled = { ...item, ...(await this.#ask(item)) };
    await this.store.put(PREFIX + name, settled);
    this.changed(settled);
    return settled;
  }

  async #ask(item) {
    try {
      const outcome = await send(item);
      const now = Date.now();
      if (outcome.accepted) return { state: DONE, reason: null, detail: null, settledMs: now };
      return { state: REFUSED, reason: outcome.reason, detail: outcome.detail, value: outcome.value, isFinal: true, settledMs: now };
    } catch (error) {
      if (isOpen(error)) return { state: WAITING };
      if (!(error instanceof Refused)) throw error;
      // The chain remembers nothing of it: the same bytes are sent again when somebody asks for it.
      return { state: REFUSED, reason: error.reason, detail: error.message, value: error.value, isFinal: false, settledMs: Date.now() };
    }
  }

  /** Send all that waits, one after the other; ends early where the node is away. Returns how many still wait. */
  async deliverAll() {
    const waiting = (await this.list()).filter((item) => item.state === WAITING).reverse();
    for (const [place, item] of waiting.entries()) {
      const settled = await this.deliver(item.name);
      if (settled.state === WAITING) return waiting.length - place;
    }
    return 0;
  }

  /** Forget an item, such as one that was refused. */
  async remove(name) {
    await this.store.remove(PREFIX + name);
  }
}
