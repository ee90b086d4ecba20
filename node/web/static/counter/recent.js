// What this till took and gave back lately, and refunds.

import { announce, byId, fill, make, say, showTime } from "../ui.js";
import { explainItem, guard } from "../guard.js";
import { DONE, REFUSED, WAITING } from "../wallet/outbox.js";
import { explainReason } from "../words.js";

const SHOWN = 30;

function describeState(item) {
  const isRefund = item.about.what === "refund";
  if (item.state === DONE) return ["good", isRefund ? ["已退还", "refunded"] : ["已收取", "taken"]];
  if (item.state === WAITING) return ["open", ["排队中，联网后发送", "waits for the network"]];
  return ["bad", explainReason(item.reason, item.detail)];
}

function makeRefund(till, item, left, done) {
  const id = `refund-${item.about.hold}`;
  const input = make("input", { id, type: "number", inputmode: "numeric", min: "1", max: String(left), value: String(left), required: true });
  const label = make("label", { for: id }, say(`退还积分（最多 ${left}）`, `Points to refund (${left} at most)`));
  const button = make("button", { type: "submit", class: "wide" }, say("退还", "Refund"));
  const submit = guard(async () => {
    const refund = await till.refund(item.about.hold, input.valueAsNumber);
    if (refund.state === DONE) announce(`已退还 ${refund.about.points} 积分。`, `${refund.about.points} points are refunded.`, "good");
    else explainItem(refund);
    await done();
  });
  return make("details", {}, make("summary", {}, say("退还", "Refund")), make("form", { submit }, label, input, button));
}

async function describeItem(till, item, done) {
  const { what, points } = item.about;
  const [tone, words] = describeState(item);
  const [zh, en] = showTime(item.settledMs ?? item.madeMs);
  const figure = make("strong", {}, say(`${what === "refund" ? "−" : "+"}${points} 积分`, `${what === "refund" ? "−" : "+"}${points} points`));
  const row = make("li", {}, make("p", {}, figure, " · ", say(zh, en)), make("p", { class: `state ${tone}` }, say(...words)));
  if (item.state === REFUSED && item.isFinal === false) {
    const again = guard(async () => {
      await till.outbox.deliver(item.name);
      await done();
    });
    row.append(make("button", { type: "button", class: "wide", click: again }, say("再试一次", "Try again")));
  }
  const left = what === "capture" && item.state === DONE ? await till.countLeft(item) : 0;
  if (left > 0) row.append(makeRefund(till, item, left, done));
  return row;
}

/** Show the newest items, and the balance as it was told last. */
export async function renderRecent(till, done) {
  const all = await till.outbox.list();
  const items = all.filter((item) => ["capture", "refund"].includes(item.about.what)).slice(0, SHOWN);
  fill(byId("items"), ...(await Promise.all(items.map((item) => describeItem(till, item, done)))));
  byId("send-all").hidden = !all.some((item) => item.state === WAITING);
  if (items.length === 0) fill(byId("items"), make("li", { class: "soft" }, say("还没有。", "Nothing yet.")));
  if (till.balance === null) return;
  const [zh, en] = showTime(till.balance.asOfMs);
  fill(byId("balance"), say(`余额 ${till.balance.points} 积分（截至 ${zh}）`, `Balance: ${till.balance.points} points (as of ${en})`));
}
