// A merchant's till: codes are checked on this device, and what is taken is signed, kept, and sent until its outcome is known.

import { startCamera } from "./camera.js";
import { showAnswer } from "./counter/answer.js";
import { judge } from "./counter/judge.js";
import { renderMonths, startMonths } from "./counter/months.js";
import { renderOffers, startOffers } from "./counter/offers.js";
import { renderRecent } from "./counter/recent.js";
import { renderSetup, startSetup } from "./counter/setup.js";
import { OtherChain, Till } from "./counter/till.js";
import { guard } from "./guard.js";
import { toUtf8 } from "./lib/bytes.js";
import { verifyCounterCard } from "./lib/counter-card.js";
import { parseTrust } from "./lib/trust.js";
import { announce, byId, watchNetwork } from "./ui.js";
import { NodeAway } from "./wallet/requests.js";
import { explain, learnWords } from "./words.js";

const EVERY_MS = 15_000;
const MAX_CODE = 4_296;

async function openTill() {
  try {
    return await Till.open();
  } catch {
    const zh = "这个浏览器不允许本页保存数据（例如隐私窗口），无法作为收银台。";
    announce(zh, "This browser lets this page keep nothing, as in a private window; so it cannot be a till.", "bad");
    return null;
  }
}

/** Check a code: its signature and times here, then what this till knows of it, then the ledger where it can be asked. */
async function answerCode(till, text) {
  const trust = till.trust === null ? [] : [parseTrust(toUtf8(till.trust.text))];
  const times = { atTimeMs: Date.now(), maxAgeMs: null };
  const report = await verifyCounterCard(text.trim().slice(0, MAX_CODE), trust, times, till.merchant.number);
  const { chainId } = till.chain;
  if (report.verdict !== "valid" || report.statement.chain_id !== chainId) return judge({ report, chainId, own: undefined, onLedger: null });
  const own = await till.findCapture(report.statement.hold);
  return judge({ report, chainId, own, onLedger: own === undefined ? await till.askHold(report.statement.hold) : null });
}

async function sendWaiting(till, render) {
  await till.outbox.deliverAll();
  await till.refresh();
  await render();
}

async function refreshAll(till, render) {
  await till.findMerchant();
  renderSetup(till);
  renderMonths(till);
  await sendWaiting(till, render);
}

async function tryToRefresh(till, render) {
  try {
    await learnWords();
    if (till.merchant !== null) await refreshAll(till, render);
  } catch (error) {
    if (error instanceof OtherChain) announce("这个节点属于另一个地区。", "This node serves another region than this till's key.", "bad");
    else if (!(error instanceof NodeAway)) announce(...explain(error), "bad");
  }
}

function start(till) {
  const render = () => renderRecent(till, again);
  const again = async () => {
    await render();
    await tryToRefresh(till, render);
  };
  const show = async (text) => showAnswer(till, await answerCode(till, text), again);
  startSetup(till, () => tryToRefresh(till, render));
  startCamera(show, () => {
    byId("result").hidden = true;
  });
  startOffers(till);
  startMonths(till);
  byId("paste").addEventListener("submit", guard(async () => {
    await show(byId("text").value);
    byId("text").value = "";
  }));
  byId("send-all").addEventListener("click", guard(again));
  renderSetup(till);
  watchNetwork((isOnline) => {
    byId("network").hidden = isOnline;
    if (isOnline) tryToRefresh(till, render);
  });
  // What waits is sent as soon as the node answers, though the device may think that it was online all the time.
  setInterval(async () => {
    if (till.merchant !== null && !byId("send-all").hidden) await tryToRefresh(till, render);
  }, EVERY_MS);
  return render;
}

const till = await openTill();
if (till !== null) {
  const render = start(till);
  if (till.merchant !== null) {
    renderMonths(till);
    await Promise.all([render(), renderOffers(till)]);
  }
  await till.tidy();
  document.documentElement.dataset.ready = "yes";
}
