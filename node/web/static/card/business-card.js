// The business card: fetched from the node, and shown as far as its holder chooses.

import { announce, byId, fill, make, say, showTime } from "../ui.js";
import { DONE } from "../wallet/outbox.js";
import { getJson, postForText, postJson, Refused } from "../wallet/requests.js";
import { isOfKey, present, readCard } from "../wallet/sd-jwt.js";
import { showCode } from "./code-dialog.js";
import { explainItem, guard } from "../guard.js";

const TRIES = 4;
const TRAINING = "training:";
const CLAIMS = {
  account: ["账户号", "account number"],
  organisation: ["登记组织编号", "number of the organisation"],
  organisation_name: ["登记组织", "organisation"],
  since: ["登记日期", "enrolled since"],
  minutes: ["服务分钟数", "minutes of service"],
  hours: ["服务小时数", "hours of service"],
  records: ["记录条数", "records"],
  imported_minutes: ["以前系统的分钟数", "minutes from earlier systems"],
  stars: ["星级", "stars"],
};
/** What most people want to show; the rest is chosen. */
const USUAL = new Set(["organisation_name", "hours", "stars"]);

function nameClaim(name) {
  const code = name.slice(TRAINING.length);
  return name.startsWith(TRAINING) ? [`培训 ${code}`, `training ${code}`] : (CLAIMS[name] ?? [name, name]);
}

function showValue(value) {
  return typeof value === "object" && value !== null ? Object.values(value).join(" – ") : String(value);
}

async function findOnLedger(wallet) {
  try {
    return await wallet.askSigned(`/v1/volunteers/${wallet.account}/card`);
  } catch (error) {
    if (error instanceof Refused && error.reason === "unknown_card") return null;
    throw error;
  }
}

/** Register a card for this phone's key under a free number. Others may take the number first: then another one is tried. */
async function register(wallet) {
  let item = null;
  for (let tries = 0; tries < TRIES && (item === null || item.reason === "position_taken"); tries += 1) {
    const { position } = await getJson("/v1/status-positions/free");
    item = await wallet.carryOut(`card/${position}`, "cards.register", [wallet.accountBytes, wallet.key.publicKey, position]);
  }
  return item;
}

/** Fetch the card, registering one first where none of this key stands. Returns whether it is there now. */
async function fetchCard(wallet) {
  const found = await findOnLedger(wallet);
  const isOver = found !== null && ["revoked", "superseded"].includes(found.status);
  if (found === null || isOver || found.key !== wallet.publicKey) {
    const item = await register(wallet);
    if (item.state !== DONE) {
      explainItem(item);
      return false;
    }
  }
  const text = await postForText("/v1/cards", { volunteer: wallet.account }, wallet.key);
  readCard(text);
  await wallet.store.put("card", { text, fetchedMs: Date.now() });
  return true;
}

function describeClaim({ name, value }) {
  const box = make("input", { type: "checkbox", name: "claim", value: name, checked: USUAL.has(name) });
  return make("label", { class: "check" }, box, make("span", {}, say(...nameClaim(name)), `: ${showValue(value)}`));
}

/** Show what the card can tell, and since when it is on the phone. */
export async function renderCard(wallet) {
  const kept = await wallet.store.get("card");
  byId("show-form").hidden = kept === undefined;
  byId("desk-code").hidden = kept === undefined;
  if (kept === undefined) {
    fill(byId("card-words"), say("还没有名片。", "There is no card on this phone yet."));
    return;
  }
  const card = readCard(kept.text);
  const [zh, en] = showTime(card.payload.exp * 1000);
  const isOver = card.payload.exp * 1000 <= Date.now();
  if (!isOfKey(card, wallet.key)) fill(byId("card-words"), say("名片属于旧密钥，请更新。", "The card belongs to an older key: get a new one."));
  else if (isOver) fill(byId("card-words"), say(`名片已于 ${zh} 到期，请更新。`, `The card ended on ${en}: get a new one.`));
  else fill(byId("card-words"), say(`${zh} 前有效。您选什么，对方就只看到什么。`, `Good until ${en}. Others learn what you choose, and nothing else.`));
  fill(byId("claims"), ...card.disclosures.map(describeClaim));
}

async function showCard(wallet) {
  const { text } = await wallet.store.get("card");
  const boxes = document.querySelectorAll("input[name=claim]:checked");
  const names = new Set([...boxes].map((box) => box.value));
  const audience = byId("audience").value.trim() || `https://${wallet.chain.chainId}/verify`;
  const nonce = byId("nonce").value.trim() || null;
  const shown = await present(readCard(text), names, wallet.key, { audience, nonce });
  const words = [`出示 ${names.size} 项，10 分钟内有效`, `It shows ${names.size} items, and is good for 10 minutes.`];
  showCode({ text: shown, title: ["志愿者名片", "Volunteer's card"], words, level: "L" });
}

async function showDeskCode(wallet) {
  const told = await postJson("/v1/cards/counter", { volunteer: wallet.account }, wallet.key);
  const [zh, en] = showTime(Date.parse(told.until));
  const words = [`账户号和星级，${zh} 前有效`, `account and stars, until ${en}`];
  showCode({ text: String(told.card), title: ["前台码", "Code for a desk"], words });
}

/** Wire the buttons. */
export function startCard(wallet) {
  byId("get-card").addEventListener("click", guard(async () => {
    if (!(await fetchCard(wallet))) return;
    await renderCard(wallet);
    announce("名片已存到这台手机。", "The card is on this phone.", "good");
  }));
  byId("show-form").addEventListener("submit", guard(() => showCard(wallet)));
  byId("desk-code").addEventListener("click", guard(() => showDeskCode(wallet)));
}
