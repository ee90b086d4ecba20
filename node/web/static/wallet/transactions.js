// Transactions made and signed in the browser (docs/formats/transaction.md), and sent until their outcome is known.

import { join, sha256, toHex, toUtf8 } from "../lib/bytes.js";
import { encode } from "../lib/codec.js";
import { sign } from "./keys.js";
import { ask, getJson, NodeAway, read, Refused } from "./requests.js";

const VERSION = 1;
const MEDIA_TYPE = "application/vnd.hourledger.transaction";
const ID_CONTEXT = toUtf8("hourledger/transaction-id/v1\0");
const SIGNING_CONTEXT = toUtf8("hourledger/transaction/v1\0");
const WAIT_SECONDS = 10;

/** 16 random bytes that nobody else will choose. */
export function newIdentifier() {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** A signed transaction: `{ id, envelope }`, its id in hex. `body` is the list of the kind's fields (docs/kinds.md). */
export async function makeTransaction({ chainId, kind, body, validUntilMs, key, nonce = newIdentifier() }) {
  const payload = encode([VERSION, chainId, kind, encode(body), nonce, validUntilMs]);
  const signature = await sign(key, join(SIGNING_CONTEXT, payload));
  return { id: toHex(await sha256(ID_CONTEXT, payload)), envelope: encode([payload, [[key.publicKey, signature]]]) };
}

/**
 * Send a transaction and return its outcome. The same bytes may be sent as often as one likes: they are done once, and every
 * answer is the first outcome. Raises `NodeAway` where nobody knows yet what becomes of it, `Refused` where the node does not take it.
 */
export async function send({ id, envelope }, patienceSeconds = 30) {
  const options = { query: `wait=${WAIT_SECONDS}`, body: envelope, type: MEDIA_TYPE, patience: (WAIT_SECONDS + 10) * 1000 };
  let answer = await read(await ask("POST", "/v1/transactions", options), "json");
  for (let waited = WAIT_SECONDS; answer.status === "pending"; waited += WAIT_SECONDS) {
    if (waited >= patienceSeconds) throw new NodeAway("the transaction is not final yet");
    answer = await askAgain(id, options.patience);
  }
  return answer.outcome;
}

async function askAgain(id, patience) {
  try {
    return await getJson(`/v1/transactions/${id}`, { query: `wait=${WAIT_SECONDS}`, patience });
  } catch (error) {
    // A node that was started anew has forgotten what waited: it is to be sent again.
    throw error instanceof Refused && error.reason === "not_found" ? new NodeAway(error.message) : error;
  }
}

/** Whether an error leaves open what became of a transaction, so that it is to be sent again. */
export function isOpen(error) {
  return error instanceof NodeAway || (error instanceof Refused && (error.status >= 500 || error.reason === "busy"));
}
