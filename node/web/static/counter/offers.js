// What the merchant offers for points: published from this till, shown as a code that a volunteer's phone opens.

import { drawCode } from "../code.js";
import { explainItem, guard } from "../guard.js";
import { FormError, fromHex, sha256, toHex, toUtf8 } from "../lib/bytes.js";
import { encodeJcs } from "../lib/json.js";
import { announce, byId, fill, make, say } from "../ui.js";
import { DONE, REFUSED } from "../wallet/outbox.js";
import { getJson } from "../wallet/requests.js";
import { newIdentifier } from "../wallet/transactions.js";

const DOMAIN = toUtf8("hourledger/public-details/v1\0");
const NO_SALT = new Uint8Array(32);
const DAY_MS = 86_400_000;

/** The hash that binds an offer's description (certificates/details.py): the words themselves stay with the merchant. */
export async function bindTitle(title) {
  return sha256(DOMAIN, NO_SALT, encodeJcs({ title }));
}

/** The link that a volunteer's phone opens: the number stands behind the #, so that no server is told. */
export function linkOffer(number) {
  return `${location.origin}/card#offer=${number}`;
}

async function publish(till, draft) {
  const { number, title, points, lastDay, stock } = draft;
  const day = Date.parse(`${lastDay}T00:00:00Z`) / DAY_MS;
  const merchant = fromHex(till.merchant.number, 16);
  const body = [fromHex(number, 16), merchant, points, day, await bindTitle(title), null, stock];
  await till.store.put(`offers/${number}`, draft);
  const item = await till.carryOut(`offer/${number}`, "exchange.publish_offer", body, { what: "offer", ...draft });
  if (item.state === REFUSED) await till.store.remove(`offers/${number}`);
  return item;
}

/** Keep an offer that was published elsewhere, such as with the program. Raises `FormError`, `Refused`. */
async function adopt(till, number, title) {
  const offer = await getJson(`/v1/offers/${toHex(fromHex(number.trim().toLowerCase(), 16))}`);
  if (offer.merchant !== till.merchant.number) throw new FormError("that is another merchant's offer");
  const kept = { number: offer.offer, title, points: offer.points, lastDay: offer.last_day, stock: offer.stock };
  await till.store.put(`offers/${kept.number}`, kept);
}

async function withdraw(till, offer) {
  const body = [fromHex(offer.number, 16), fromHex(till.merchant.number, 16)];
  const item = await till.carryOut(`withdraw/${offer.number}`, "exchange.withdraw_offer", body, { what: "withdrawal", ...offer });
  if (item.state === DONE) {
    await till.store.remove(`offers/${offer.number}`);
    announce("已下架；已保留的积分仍然有效。", "It is withdrawn. Points held for it stay good.", "good");
  } else explainItem(item);
  await renderOffers(till);
}

function describeOffer(till, offer) {
  const link = linkOffer(offer.number);
  const picture = make("div");
  const show = make("details", { toggle: () => fill(picture, drawCode(link, ["兑换项目", "Offer"]), make("p", {}, make("code", {}, link))) });
  show.append(make("summary", {}, say("给志愿者看的码", "Code for volunteers")), picture);
  const words = make("p", {}, make("strong", {}, offer.title), " · ", say(`${offer.points} 积分，至 ${offer.lastDay}`, `${offer.points} points, until ${offer.lastDay}`));
  const end = make("button", { type: "button", class: "wide", click: guard(() => withdraw(till, offer)) }, say("下架", "Withdraw"));
  return make("li", {}, words, show, end);
}

/** Show the offers that were published from this till. */
export async function renderOffers(till) {
  const offers = await till.store.list("offers/");
  fill(byId("offers"), ...offers.map((offer) => describeOffer(till, offer)));
}

/** Wire the form. */
export function startOffers(till) {
  let number = toHex(newIdentifier()); // a draft has its number from the start, so that two taps are one offer
  byId("offer-form").addEventListener("submit", guard(async (event) => {
    const stock = byId("offer-stock").value === "" ? null : byId("offer-stock").valueAsNumber;
    const [title, lastDay] = [byId("offer-title").value.trim(), byId("offer-day").value];
    const draft = { number, title, points: byId("offer-points").valueAsNumber, lastDay, stock };
    const item = await publish(till, draft);
    number = toHex(newIdentifier());
    if (item.state === DONE) {
      event.target.reset();
      announce("已发布。", "The offer is published.", "good");
    } else explainItem(item);
    await renderOffers(till);
  }));
  byId("adopt-form").addEventListener("submit", guard(async (event) => {
    await adopt(till, byId("adopt-number").value, byId("adopt-title").value.trim());
    event.target.reset();
    await renderOffers(till);
  }));
}
