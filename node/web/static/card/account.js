// The key's way from nothing to an account, points and hours, and another phone's key in the place of this one.

import { announce, byId, fill, make, say, showNumber, showTime } from "../ui.js";
import { canSign } from "../wallet/keys.js";
import { DONE, WAITING } from "../wallet/outbox.js";
import { copyText, drawCode } from "../code.js";
import { explainItem, guard } from "../guard.js";
import { renderCard } from "./business-card.js";
import { restoreHolds } from "./spend.js";

const MINUTES_PER_HOUR = 60;

function describeRecord(record) {
  const hours = `${Math.floor(record.minutes / MINUTES_PER_HOUR)} h ${record.minutes % MINUTES_PER_HOUR} min`;
  const item = make("li", {}, `${record.day} · ${hours} · `, say(`${record.points} 分`, `${record.points} points`));
  if (record.status === "void") item.append(" · ", say("已作废", "void"));
  if (record.status === "moved") item.append(" · ", say("已转出", "moved to another region"));
  if (record.dispute !== null && record.dispute.resolution === null) item.append(" · ", say("有异议待答复", "disputed"));
  return item;
}

function renderFigures(wallet) {
  const { figures } = wallet;
  fill(byId("points"), figures === null ? "–" : showNumber(figures.balance));
  fill(byId("served"), figures === null ? "–" : showNumber(Math.floor(figures.minutes / MINUTES_PER_HOUR)));
  if (figures === null) return;
  const [zh, en] = showTime(figures.asOfMs);
  fill(byId("figures-asof"), say(`截至 ${zh}，共 ${figures.records.length} 条记录`, `As of ${en}, ${figures.records.length} records`));
  const newest = [...figures.records].sort((left, right) => right.day.localeCompare(left.day));
  fill(byId("records"), ...newest.map(describeRecord));
}

/** Show the parts of the page that the wallet has come to. */
export function renderAccount(wallet) {
  const hasKey = wallet.key !== null;
  const hasAccount = hasKey && wallet.account !== null;
  byId("begin").hidden = hasKey;
  byId("enrol").hidden = !hasKey || hasAccount;
  for (const id of ["account", "spend", "card", "certificates", "keys"]) byId(id).hidden = !hasAccount;
  if (hasKey && !hasAccount) {
    fill(byId("key-text"), wallet.publicKey);
    fill(byId("key-code"), drawCode(wallet.publicKey, ["我的公钥", "My public key"]));
  }
  if (!hasAccount) return;
  fill(byId("account-number"), wallet.account);
  fill(byId("own-key"), wallet.publicKey);
  renderFigures(wallet);
}

async function lookAgain(wallet, everything) {
  if (await wallet.findAccount()) {
    renderAccount(wallet);
    announce("已登记，欢迎！", "You are enrolled. Welcome!", "good");
    await restoreHolds(wallet);
    await everything();
  } else {
    announce("还没有登记：请把公钥交给组织。", "You are not enrolled yet: give your public key to the organisation.", "open");
  }
}

async function move(wallet, form) {
  const item = await wallet.moveTo(byId("new-key").value);
  if (item.state === DONE) {
    form.reset();
    await wallet.store.remove("card"); // it ended with the key
    await renderCard(wallet);
    announce("新手机的密钥已生效。这台手机上的密钥不再有效。", "The new phone's key is in force. The key on this phone does nothing any more.", "good");
  } else if (item.state === WAITING) {
    announce("连不上节点，连上后自动完成。", "The node cannot be reached. It will be done as soon as it can.", "open");
  } else {
    explainItem(item);
  }
}

/** Wire the buttons. `everything` refreshes all that the page shows. */
export function startAccount(wallet, everything) {
  byId("make-key").addEventListener("click", guard(async () => {
    if (!(await canSign())) {
      const zh = "这个浏览器不能生成密钥：请用 HTTPS 打开本页，并更新浏览器。";
      announce(zh, "This browser cannot make a key: open this page with HTTPS, in a newer browser.", "bad");
      return;
    }
    await wallet.makeKey();
    renderAccount(wallet);
    announce("密钥已生成，留在这台手机上。", "Your key is made, and stays on this phone.", "good");
    byId("copy-key").focus();
  }));
  byId("copy-key").addEventListener("click", () => copyText(wallet.publicKey));
  byId("look-again").addEventListener("click", guard(() => lookAgain(wallet, everything)));
  byId("refresh").addEventListener("click", guard(async () => {
    await everything();
    announce("已刷新。", "Everything is up to date.", "good");
  }));
  byId("take-up").addEventListener("submit", guard(async () => {
    const item = await wallet.takeUp(byId("take-up-account").value);
    if (item.state === DONE) await lookAgain(wallet, everything);
    else explainItem(item);
  }));
  byId("move").addEventListener("submit", guard((event) => move(wallet, event.target)));
}
