// A volunteer's page: the key and everything that is kept with it are on this device, and work without a network.

import { renderAccount, startAccount } from "./card/account.js";
import { renderCard, startCard } from "./card/business-card.js";
import { renderCertificates, startCertificates } from "./card/certificates.js";
import { startDialog } from "./card/code-dialog.js";
import { startOwnCertificates } from "./card/own-form.js";
import { refreshHolds, renderHolds, startSpending } from "./card/spend.js";
import { OtherChain, Wallet } from "./card/wallet.js";
import { announce } from "./ui.js";
import { explain, learnWords } from "./words.js";

/** How often what waits is tried again. */
const EVERY_MS = 15_000;

async function openWallet() {
  try {
    return await Wallet.open();
  } catch {
    const zh = "这个浏览器不允许本页保存数据（例如隐私窗口），无法保存密钥。";
    announce(zh, "This browser lets this page keep nothing, as in a private window; so it cannot keep a key.", "bad");
    return null;
  }
}

async function renderAll(wallet) {
  renderAccount(wallet);
  if (wallet.account !== null) await Promise.all([renderHolds(wallet), renderCard(wallet), renderCertificates(wallet)]);
}

/** Ask the node for everything. What was kept before stays where it is away. */
async function refreshAll(wallet) {
  try {
    await wallet.outbox.deliverAll();
    await wallet.refresh();
    await refreshHolds(wallet);
  } finally {
    await renderAll(wallet);
  }
}

async function tryToRefresh(wallet) {
  try {
    await learnWords();
    if (wallet.account !== null) await refreshAll(wallet);
  } catch (error) {
    if (error instanceof OtherChain) announce("这个节点属于另一个地区。", "This node serves another region than your key.", "bad");
    else announce(...explain(error), "open");
  }
}

const wallet = await openWallet();
if (wallet !== null) {
  startDialog();
  startAccount(wallet, () => refreshAll(wallet));
  startSpending(wallet, () => refreshAll(wallet));
  startCard(wallet);
  startCertificates(wallet);
  startOwnCertificates(wallet);
  await renderAll(wallet);
  document.documentElement.dataset.ready = "yes";
  await tryToRefresh(wallet);
  addEventListener("online", () => tryToRefresh(wallet));
  setInterval(async () => {
    if (await wallet.outbox.isWaiting()) await tryToRefresh(wallet);
  }, EVERY_MS);
}
