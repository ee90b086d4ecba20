// What the node can add, where there is a network: its trust file, the words of reports, and what became of a certificate or card since.
// All of it is verified like the rest; what was had last is kept, and its age told.

import { fromUtf8, toUtf8 } from "../lib/bytes.js";
import { getJson, getText, NodeAway, postForText, Refused } from "../wallet/requests.js";

const WORDS = "words";
const LIST = "list/";

/** The words of reports: the node's, else those that it gave last, else none. */
export async function learnWords(store) {
  try {
    const words = await getJson("/v1/words");
    if (store !== null) await store.put(WORDS, words);
    return words;
  } catch {
    return (store === null ? undefined : await store.get(WORDS)) ?? {};
  }
}

/** The trust file of the node's own region; null where the node cannot be asked. */
export async function askTrust() {
  try {
    return toUtf8(await getText("/v1/trust"));
  } catch (error) {
    if (error instanceof NodeAway || error instanceof Refused) return null;
    throw error;
  }
}

/**
 * What is known of a subject: `{status, refused}` as a verification takes it. Nothing is asked about another region than the node's own:
 * `origins` are those that its trust file names.
 */
export async function askStatus(subject, origins, store) {
  if (subject === null) return { status: null, refused: null };
  const isOwn = navigator.onLine && origins.includes(subject.chainId);
  if (subject.list !== null) return askList(subject, isOwn, store);
  if (!isOwn) return { status: null, refused: null };
  return attempt(() => postForText("/v1/bundles", { entries: [], keys: [subject.key] }, null));
}

async function askList({ chainId, list }, isOwn, store) {
  const name = `${LIST}${chainId}/${list}`;
  const asked = isOwn ? await attempt(() => getText(`/v1/status-lists/${list}`)) : { status: null, refused: null };
  if (asked.status !== null) {
    if (store !== null) await store.put(name, fromUtf8(asked.status));
    return asked;
  }
  const kept = store === null ? undefined : await store.get(name);
  return kept === undefined ? asked : { status: toUtf8(kept), refused: null };
}

async function attempt(ask) {
  try {
    return { status: toUtf8(await ask()), refused: null };
  } catch (error) {
    if (error instanceof NodeAway) return { status: null, refused: "node_unreachable" };
    if (error instanceof Refused) return { status: null, refused: "status_unknown" };
    throw error;
  }
}
