// The answer to a code, in big type, and what can be done with it.

import { announce, byId, fill, make, say, showTime } from "../ui.js";
import { explainItem, guard } from "../guard.js";
import { DONE, WAITING } from "../wallet/outbox.js";
import { explainReason } from "../words.js";

const TITLES = {
  good: ["有效", "Good"],
  offline: ["有效（未联网）", "Good, as far as can be told without a network"],
  taken: ["已用过", "Used already"],
  queued: ["已在本机排队", "Taken here already, and waits to be sent"],
  refused: ["未能收取", "It could not be taken"],
  captured: ["已用过", "Used already"],
  released: ["已退回", "Given back already"],
  expired: ["已过期", "Its time is over"],
  over: ["已过期", "Its time is over"],
  other: ["不是本商户的码", "For another merchant"],
  desk: ["不是付积分的码", "Not a code for points"],
  unknown: ["无法核验", "It cannot be checked"],
  invalid: ["无效", "Not valid"],
};

function explain(answer) {
  const { key, card } = answer;
  const [zh, en] = card === null ? ["", ""] : showTime(Date.parse(card.until));
  const [atZh, atEn] = answer.atMs === undefined ? ["", ""] : showTime(answer.atMs);
  const sentences = {
    good: [`只能用一次，${zh} 前有效。账本确认尚未使用。`, `Once, until ${en}. The ledger says that it was not used.`],
    offline: [
      `只能用一次，${zh} 前有效。签名有效，本机没有收过；其他收银台是否收过，联网才知道。请在 ${zh} 前联网。`,
      `Once, until ${en}. The signature is good and this till has not taken it; whether another till has, is known with a network only. Be online before ${en}.`,
    ],
    taken: [`本机已于 ${atZh} 收取 ${answer.points} 积分。`, `This till took ${answer.points} points of it on ${atEn}.`],
    queued: [`本机已于 ${atZh} 收取 ${answer.points} 积分，联网后发送。`, `This till took ${answer.points} points of it on ${atEn}; they go out with the network.`],
    captured: ["账本上已收取。", "The ledger says that it was taken."],
    released: ["积分已退回志愿者。", "The points went back to the volunteer."],
    expired: ["积分已退回志愿者。", "The points went back to the volunteer."],
    over: [`有效期到 ${zh}。`, `It was good until ${en}.`],
    desk: ["这是给组织前台看的码：请志愿者出示保留积分的码。", "This code is for an organisation's desk. Ask for the one with the points."],
    other: ["这个码是给另一家商户的。", "This code is for another merchant. Do not take it here."],
  };
  if (key === "refused") return explainReason(answer.item.reason, answer.item.detail);
  if (Object.hasOwn(sentences, key)) return sentences[key];
  return explainReason(answer.reason, answer.detail);
}

function showNothingMore() {
  const result = byId("result");
  result.hidden = true;
  result.replaceChildren();
}

/** What became of a capture, told to who is at the counter. */
function tellCapture(item) {
  if (item.state === DONE) announce(`已收取 ${item.about.points} 积分。`, `${item.about.points} points are taken.`, "good");
  else if (item.state === WAITING) {
    const zh = `${item.about.points} 积分已排队，联网后自动收取。`;
    announce(zh, `${item.about.points} points wait to be taken: they go out by themselves with the network.`, "open");
  } else explainItem(item);
}

function makeForm(till, card, done) {
  const most = card.points;
  const input = make("input", { id: "part", type: "number", inputmode: "numeric", min: "1", max: String(most), value: String(most), required: true });
  const take = async (points) => {
    const item = await till.capture({ hold: card.hold, untilMs: Date.parse(card.until) }, points);
    tellCapture(item);
    showNothingMore();
    await done();
    byId("scan").focus();
  };
  const whole = make("button", { type: "button", class: "main wide huge", click: guard(() => take(most)) });
  whole.append(say(`收取 ${most} 积分`, `Take ${most} points`));
  const label = make("label", { for: "part" }, say("只收一部分（其余退回）", "or a part (the rest goes back)"));
  const button = make("button", { type: "submit", class: "wide" }, say("收取这些", "Take so many"));
  const form = make("form", { submit: guard(() => take(input.valueAsNumber)) }, label, input, button);
  const details = make("details", {}, make("summary", {}, say("收取一部分", "Take a part")), form);
  const cancel = make("button", { type: "button", class: "wide", click: () => { showNothingMore(); byId("scan").focus(); } }, say("取消", "Cancel"));
  return [whole, most > 1 ? details : "", cancel];
}

/** Show an answer. `done` is called after points were taken. */
export function showAnswer(till, answer, done) {
  const result = byId("result");
  const parts = [make("h3", {}, say(...TITLES[answer.key]))];
  const isGood = answer.key === "good" || answer.key === "offline";
  if (answer.card?.points !== undefined) parts.push(make("p", { class: "figure" }, say(`${answer.card.points} 积分`, `${answer.card.points} points`)));
  parts.push(make("p", {}, say(...explain(answer))));
  if (isGood) parts.push(...makeForm(till, answer.card, done));
  result.className = answer.tone;
  result.hidden = false;
  fill(result, ...parts);
  result.focus();
}
