// The till's way from nothing to a merchant's key and a trust file.

import { announce, byId, fill, readFile, say, showTime } from "../ui.js";
import { copyText, drawCode } from "../code.js";
import { guard } from "../guard.js";
import { isProtected } from "../wallet/key-file.js";
import { canSign } from "../wallet/keys.js";

const MAX_KEY_BYTES = 4_096;
const MAX_TRUST_BYTES = 131_072;

function renderTrust(till) {
  if (till.trust === null) {
    fill(byId("trust-words"), say("没有：无法核验。", "there is none: nothing can be checked"));
    return;
  }
  const [zh, en] = showTime(till.trust.fromMs);
  if (till.trust.isOwn) fill(byId("trust-words"), say(`您选的文件，${zh}`, `the file that you chose, ${en}`));
  else fill(byId("trust-words"), say(`来自本节点，${zh}`, `from this node, ${en}`));
}

/** Show the parts of the page that the till has come to. */
export function renderSetup(till) {
  const hasKey = till.key !== null;
  const isReady = hasKey && till.merchant !== null;
  byId("begin").hidden = hasKey;
  byId("admit").hidden = !hasKey || isReady;
  for (const id of ["till", "recent", "offering", "months", "about"]) byId(id).hidden = !isReady;
  if (hasKey && !isReady) {
    fill(byId("key-text"), till.publicKey);
    fill(byId("key-code"), drawCode(till.publicKey, ["公钥", "Public key"]));
  }
  if (!isReady) return;
  const isSuspended = !till.merchant.isActive;
  fill(byId("merchant-name"), till.merchant.name, isSuspended ? say("（已暂停，不能收取）", " (suspended: it may refund, and take nothing)") : "");
  fill(byId("merchant-number"), till.merchant.number);
  renderTrust(till);
}

async function begin(till, act) {
  if (!(await canSign())) {
    const zh = "这个浏览器不能签名：请用 HTTPS 打开本页，并更新浏览器。";
    announce(zh, "This browser cannot sign: open this page with HTTPS, in a newer browser.", "bad");
    return;
  }
  await act();
  renderSetup(till);
  announce("密钥已在本机。", "The key is on this device.", "good");
  byId("look-again").focus();
}

/** Wire the buttons. `everything` refreshes all that the page shows. */
export function startSetup(till, everything) {
  byId("make-key").addEventListener("click", guard(() => begin(till, () => till.makeKey())));
  byId("key-form").addEventListener("submit", guard(async (event) => {
    const bytes = await readFile(byId("key-file").files[0], MAX_KEY_BYTES);
    const passphrase = byId("passphrase").value;
    if (isProtected(bytes) && passphrase === "") {
      announce("这个文件需要密码。", "That file is protected: give its passphrase.", "open");
      byId("passphrase").focus();
      return;
    }
    await begin(till, () => till.importKey(bytes, passphrase));
    event.target.reset();
  }));
  byId("copy-key").addEventListener("click", () => copyText(till.publicKey));
  byId("look-again").addEventListener("click", guard(async () => {
    if (await till.findMerchant()) {
      renderSetup(till);
      announce("已登记。", "The merchant is registered.", "good");
      await everything();
      byId("scan").focus();
    } else {
      announce("还没有登记：请把公钥交给主管机构。", "Not registered yet: give the public key to the authority.", "open");
    }
  }));
  byId("fetch-trust").addEventListener("click", guard(async () => {
    await till.fetchTrust();
    renderTrust(till);
    announce("信任文件已更新。", "The trust file is up to date.", "good");
  }));
  byId("trust-file").addEventListener("change", guard(async (event) => {
    const [file] = event.target.files;
    if (file === undefined) return;
    await till.takeTrust(await readFile(file, MAX_TRUST_BYTES));
    event.target.value = "";
    renderTrust(till);
    announce("信任文件已换。", "The trust file is replaced.", "good");
  }));
}
