// What went wrong, as a pair of sentences: Chinese and English. The words for reasons are the node's own (/v1/words); what is said here
// differently is what means something more to people at a counter or with a phone.

import { FormError } from "./lib/bytes.js";
import { WrongPassphrase } from "./wallet/key-file.js";
import { getJson, NodeAway, Refused } from "./wallet/requests.js";

const HERE = {
  hold_closed: ["这个码已经用过或已退回，不能再用。", "This code was used or given back already. It cannot be used again."],
  hold_expired: ["这个码已过期，不能再用。", "The time of this code is over. It cannot be used any more."],
  not_authenticated: ["节点不认识这把密钥，或者本机时钟不准。", "The node does not know this key, or this device's clock is wrong."],
};
const AWAY = ["连不上节点。", "The node cannot be reached."];
let reasons = null;

/** Learn the node's words for its reasons. Without them, a reason is told as the node told it. */
export async function learnWords() {
  if (reasons !== null) return;
  try {
    reasons = (await getJson("/v1/words")).reasons ?? null;
  } catch {
    // the node is away; whoever is refused something by it has reached it
  }
}

function begin(sentence) {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** The sentences for a reason of the node's; `detail` is what it said besides. */
export function explainReason(reason, detail = "") {
  if (Object.hasOwn(HERE, reason)) return HERE[reason];
  const known = reasons !== null && Object.hasOwn(reasons, reason) ? reasons[reason] : null;
  if (typeof known?.zh === "string" && typeof known?.en === "string") return [known.zh, begin(known.en)];
  return [`节点拒绝：${detail || reason}`, `The node refused: ${detail || reason}`];
}

/** The sentences for whatever was raised. */
export function explain(error) {
  if (error instanceof NodeAway) return AWAY;
  if (error instanceof Refused) return explainReason(error.reason, error.message);
  if (error instanceof WrongPassphrase) return ["密码不对。", "That is not the passphrase of this file."];
  if (error instanceof FormError) return ["格式不对。", `That is not in the right form: ${error.message}.`];
  if (error?.name === "QuotaExceededError") return ["本机存储空间不足。", "There is no room left on this device."];
  return [`出错了：${error?.message ?? error}`, `Something went wrong: ${error?.message ?? error}`];
}
