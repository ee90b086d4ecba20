// Points set aside for a merchant's offer, and the code for the counter.

import { FormError, fromHex, toHex } from "../lib/bytes.js";
import { decode } from "../lib/codec.js";
import { announce, byId, fill, make, say, showTime } from "../ui.js";
import { DONE, REFUSED } from "../wallet/outbox.js";
import { getJson, postJson, Refused } from "../wallet/requests.js";
import { newIdentifier } from "../wallet/transactions.js";
import { showCode } from "./code-dialog.js";
import { startCamera } from "../camera.js";
import { explainItem, guard } from "../guard.js";

const MS_PER_MINUTE = 60_000;
const MAX_TEXT = 512;
const KEPT_MS = 30 * 86_400_000;
const NUMBER = /(?:^|[^0-9a-f])([0-9a-f]{32})(?:$|[^0-9a-f])/;
const LINK = /#offer=([0-9a-f]{32})$/;

/** The number of an offer in what was typed, pasted or linked to. */
export function findOfferNumber(text) {
  const [, number] = NUMBER.exec(text.trim().toLowerCase()) ?? [];
  if (number === undefined) throw new FormError("an offer's number has 32 digits and letters a to f");
  return number;
}

async function lookAtOffer(number) {
  const offer = await getJson(`/v1/offers/${number}`);
  const merchant = await getJson(`/v1/merchants/${offer.merchant}`);
  // The hold has its number from now on, so that two taps are one hold.
  return { ...offer, merchantName: String(merchant.name), hold: toHex(newIdentifier()) };
}

async function keepHold(wallet, hold) {
  await wallet.store.put(`holds/${hold.hold}`, hold);
}

/** Set the points aside; the item of the outbox says what came of it. */
async function holdPoints(wallet, offer, quantity, minutes) {
  const expiresMs = Date.now() + minutes * MS_PER_MINUTE;
  const hold = {
    hold: offer.hold,
    offer: offer.offer,
    merchantName: offer.merchantName,
    points: offer.points * quantity,
    quantity,
    untilMs: expiresMs,
    status: "waiting",
    code: null,
  };
  const body = [fromHex(offer.hold, 16), wallet.accountBytes, fromHex(offer.offer, 16), quantity, expiresMs];
  if ((await wallet.store.get(`holds/${offer.hold}`)) === undefined) await keepHold(wallet, hold);
  const item = await wallet.carryOut(`hold/${offer.hold}`, "exchange.hold", body);
  if (item.state === REFUSED) await keepHold(wallet, { ...hold, status: "refused" });
  return item;
}

async function fetchCode(wallet, hold) {
  const told = await postJson(`/v1/holds/${hold.hold}/card`, null, wallet.key);
  const kept = { ...hold, status: "open", code: String(told.card) };
  await keepHold(wallet, kept);
  return kept;
}

/** Bring a hold up to date with the outbox and the node. */
async function follow(wallet, hold) {
  if (hold.status === "waiting") {
    const item = await wallet.outbox.deliver(`hold/${hold.hold}/1`);
    if (item?.state === REFUSED) return keepHold(wallet, { ...hold, status: "refused" });
    if (item?.state !== DONE) return undefined;
    await keepHold(wallet, { ...hold, status: "open" });
  }
  if (!["waiting", "open"].includes(hold.status)) return undefined;
  const now = await wallet.askSigned(`/v1/holds/${hold.hold}`);
  if (now.status !== "open") return keepHold(wallet, { ...hold, status: now.status });
  return hold.code === null && hold.untilMs > Date.now() ? fetchCode(wallet, hold) : undefined;
}

/** Bring all holds up to date. What the node refuses about one says nothing of the others. */
export async function refreshHolds(wallet) {
  try {
    for (const hold of await wallet.store.list("holds/")) {
      if (hold.untilMs + KEPT_MS < Date.now()) await wallet.store.remove(`holds/${hold.hold}`);
      else await follow(wallet, hold).catch(raiseUnlessRefused);
    }
  } finally {
    await renderHolds(wallet);
  }
}

/** Find the holds that another phone of this account has made and that are open still: their codes can be shown here, too. */
export async function restoreHolds(wallet) {
  for await (const [, entry] of wallet.iterateEntries("exchange.held")) {
    const [, , fields] = decode(entry);
    const hold = toHex(fields[0]);
    if ((await wallet.store.get(`holds/${hold}`)) !== undefined) continue;
    const now = await wallet.askSigned(`/v1/holds/${hold}`);
    if (now.status !== "open") continue;
    const merchant = await getJson(`/v1/merchants/${now.merchant}`);
    const { offer, points, quantity, status, expires_ms: untilMs } = now;
    await keepHold(wallet, { hold, offer, merchantName: String(merchant.name), points, quantity, untilMs, status, code: null });
  }
}

function raiseUnlessRefused(error) {
  if (!(error instanceof Refused)) throw error;
}

function showHold(hold) {
  const [zh, en] = showTime(hold.untilMs);
  showCode({
    text: hold.code,
    title: [`${hold.points} 积分`, `${hold.points} points`],
    words: [`${hold.merchantName}，只能用一次，${zh} 前有效`, `for ${hold.merchantName}, once, until ${en}`],
  });
}

const STATES = {
  waiting: ["等待节点确认", "waiting for the node"],
  refused: ["未能保留", "not set aside"],
  captured: ["已使用", "used"],
  released: ["已退回", "given back"],
  expired: ["已退回", "given back"],
};

function describeHold(wallet, hold) {
  const [zh, en] = showTime(hold.untilMs);
  const words = make("p", {}, make("strong", {}, say(`${hold.points} 积分`, `${hold.points} points`)), ` · ${hold.merchantName}`);
  const item = make("li", {}, words);
  const isOver = hold.untilMs <= Date.now();
  if (hold.status === "open" && !isOver) {
    item.append(make("p", { class: "soft" }, say(`${zh} 前有效`, `until ${en}`)));
    const act = guard(async () => showHold(hold.code === null ? await fetchCode(wallet, hold) : hold));
    item.append(make("button", { type: "button", class: "main wide", click: act }, say("出示码", "Show the code")));
  } else if (hold.status === "open") {
    item.append(make("p", { class: "soft" }, say("没有使用，已过期。", "It was not used, and its time is over.")));
    const back = guard(() => takeBack(wallet, hold));
    item.append(make("button", { type: "button", class: "wide", click: back }, say("取回积分", "Get the points back")));
  } else {
    item.append(make("p", { class: "soft" }, say(...(STATES[hold.status] ?? [hold.status, hold.status]))));
  }
  return item;
}

async function takeBack(wallet, hold) {
  const item = await wallet.carryOut(`expire/${hold.hold}`, "exchange.expire", [fromHex(hold.hold, 16)]);
  if (item.state === DONE) announce("积分已退回。", "The points are back.", "good");
  else explainItem(item);
  await refreshHolds(wallet);
  await wallet.refresh();
}

/** Show the holds that are kept, the newest end first. */
export async function renderHolds(wallet) {
  const holds = await wallet.store.list("holds/");
  holds.sort((left, right) => right.untilMs - left.untilMs);
  fill(byId("holds"), ...holds.map((hold) => describeHold(wallet, hold)));
}

function renderOffer(offer) {
  byId("hold-form").hidden = false;
  const zh = `${offer.merchantName}：每份 ${offer.points} 积分（至 ${offer.last_day}）`;
  fill(byId("offer-words"), say(zh, `${offer.merchantName}: ${offer.points} points each, until ${offer.last_day}`));
}

/** Wire the forms. A link of a merchant's fills in the offer. */
export function startSpending(wallet, everything) {
  let offer = null;
  byId("find-offer").addEventListener("submit", guard(async () => {
    byId("hold-form").hidden = true;
    offer = await lookAtOffer(findOfferNumber(byId("offer").value));
    renderOffer(offer);
    byId("quantity").focus();
  }));
  byId("hold-form").addEventListener("submit", guard(async () => {
    const item = await holdPoints(wallet, offer, byId("quantity").valueAsNumber, Number(byId("minutes").value));
    if (item.state !== DONE) {
      await renderHolds(wallet);
      explainItem(item);
      if (item.state === REFUSED) offer = { ...offer, hold: toHex(newIdentifier()) };
      return;
    }
    byId("hold-form").hidden = true;
    byId("find-offer").reset();
    announce("积分已保留。", "The points are set aside.", "good");
    await everything();
    const kept = await wallet.store.get(`holds/${offer.hold}`);
    if (kept?.code) showHold(kept);
  }));
  startCamera((text) => {
    byId("offer").value = text.slice(0, MAX_TEXT);
    byId("find-offer").requestSubmit();
  });
  const [, linked] = LINK.exec(location.hash) ?? [];
  if (linked === undefined) return;
  byId("offer").value = linked;
  if (wallet.account !== null) byId("find-offer").requestSubmit();
}
