// What a page keeps on this device: values under names, in IndexedDB. Keys are kept as they are, so that nobody can read them out.

const TABLE = "values";

function settle(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function finish(transaction) {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
}

/** Open the store of a page. Raises where the browser keeps nothing, as some do in private windows. */
export async function openStore(name) {
  const opening = indexedDB.open(`hourledger-${name}`, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(TABLE));
  return new Store(await settle(opening));
}

class Store {
  constructor(database) {
    this.database = database;
  }

  /** The value of a name, or undefined. */
  async get(name) {
    return settle(this.database.transaction(TABLE).objectStore(TABLE).get(name));
  }

  /** Keep a value under a name. It is on the disk when this returns. */
  async put(name, value) {
    const transaction = this.database.transaction(TABLE, "readwrite", { durability: "strict" });
    transaction.objectStore(TABLE).put(value, name);
    await finish(transaction);
  }

  /** Keep a value unless the name has one, and return the one that it has from now on: two windows agree on one. */
  async putFirst(name, value) {
    const transaction = this.database.transaction(TABLE, "readwrite", { durability: "strict" });
    const table = transaction.objectStore(TABLE);
    const found = await settle(table.get(name));
    if (found === undefined) table.put(value, name);
    await finish(transaction);
    return found === undefined ? value : found;
  }

  /** Forget a name. */
  async remove(name) {
    const transaction = this.database.transaction(TABLE, "readwrite", { durability: "strict" });
    transaction.objectStore(TABLE).delete(name);
    await finish(transaction);
  }

  /** The values whose names begin so, in the order of their names. */
  async list(prefix) {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return settle(this.database.transaction(TABLE).objectStore(TABLE).getAll(range));
  }
}

/** Ask the browser not to clear what is kept when the disk gets full; it may say no. */
export async function askToKeep() {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}
