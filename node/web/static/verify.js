// The page for verifiers: what is dropped, chosen, scanned or pasted is checked on this device, and every check is told.

import { FormError, Refusal } from "./lib/errors.js";
import { parseTrust } from "./lib/trust.js";
import { isCameraRefused, scanCode } from "./scan.js";
import { announce, byId, fill, hush, readFile, say, watchNetwork } from "./ui.js";
import { askStatus, askTrust, learnWords } from "./verify/asking.js";
import { judge, makeFailure } from "./verify/judge.js";
import { openFile, openText } from "./verify/opening.js";
import { showReport, tellAnswer } from "./verify/report-view.js";
import { describeTrust, OF_USER, TrustStore } from "./verify/trust-store.js";
import { showTrust } from "./verify/trust-view.js";
import { openStore } from "./wallet/store.js";

const MAX_TRUST_BYTES = 131_072;
const DAY_MS = 86_400_000;
const ORIGINS = "origins";
/** Letters and digits that nobody mistakes for one another: 32 of them, so that each byte is as good as any. */
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const NONCE_LETTERS = 10;
const TRUST_ELSEWHERE = [
  "这是信任文件，未采用。它决定信谁：如果它不是您要核验的人给的，而是来自该地区的受信任机构，请在“信任文件”处添加。",
  "That is a trust file, and was not taken. It says whose word counts: if it is from the region's authorities, and not from whom you verify, add it under Trust files.",
];
const NO_CAMERA = ["没有摄像头，或未获准使用。请允许使用摄像头，或选择二维码的图片。", "There is no camera, or it may not be used. Allow it in the browser, or choose a picture of the code."];

/** What this page keeps; null where the browser keeps nothing, as in some private windows. */
async function openPlace() {
  try {
    return await openStore("verify");
  } catch {
    return null;
  }
}

const place = await openPlace();
const trust = new TrustStore(place);
let words = {};
/** Logs of the node's own region: it is asked about those and no others. */
let ownOrigins = [];
let shown = null;
let asked = 0;
let camera = null;

// --- the answer ---

function render() {
  if (shown === null) return;
  fill(byId("result"), ...showReport(shown, words));
}

/** Either the ways in, or the answer. */
function showWays(isAsking) {
  byId("ways").hidden = !isAsking;
  byId("result").hidden = isAsking;
  byId("again").hidden = isAsking;
}

function present(report, notes) {
  shown = { ...report, notes: [...report.notes, ...notes] };
  showWays(false);
  render();
  hush();
  fill(byId("spoken"), say(...tellAnswer(shown)));
  byId("result").scrollIntoView({ block: "start" });
  byId("answer-title").focus({ preventScroll: true });
}

async function verify({ data, notes }) {
  const days = Number(byId("max-age").value);
  const times = () => ({ atTimeMs: Math.floor(Date.now() / 1000) * 1000, maxAgeMs: days === 0 ? null : days * DAY_MS });
  const nothing = { status: null, refused: null };
  const nonce = byId("nonce").value.trim() || null;
  const first = await judge(data, trust.listBytes(), { times: times(), nonce, ...nothing });
  // Of what is wrong anyway nobody needs to ask; without a network nobody can, and the report says that nobody did.
  const mayAsk = byId("may-ask").checked && first.subject !== null && first.report.verdict !== "invalid";
  const known = mayAsk ? await askStatus(first.subject, ownOrigins, place) : nothing;
  const isSame = known.status === null && known.refused === null;
  const { report } = isSame ? first : await judge(data, trust.listBytes(), { times: times(), nonce, ...known });
  return { report, notes };
}

/** Take in something to verify; of two at once the later one counts. */
async function take(open) {
  asked += 1;
  const mine = asked;
  stopCamera();
  fill(byId("spoken"));
  announce("正在核验…", "Checking…");
  byId("main").setAttribute("aria-busy", "true");
  try {
    const opened = await open();
    if (mine !== asked) return;
    if (isTrustFile(opened.data)) {
      // Whoever is verified does not say whose word counts: a trust file is taken in its own place only.
      announce(...TRUST_ELSEWHERE, "open");
      byId("trust-file").focus();
      return;
    }
    const { report, notes } = await verify(opened);
    if (mine === asked) present(report, notes);
  } catch (error) {
    if (mine !== asked) return;
    if (error instanceof Refusal) present(makeFailure(error.reason, error.message), []);
    else present(makeFailure("internal", String(error?.message ?? error)), []);
  } finally {
    if (mine === asked) byId("main").removeAttribute("aria-busy");
  }
}

// --- trust files ---

/** Whether it is a trust file, and not something to verify under one. */
function isTrustFile(data) {
  try {
    return parseTrust(data).logs.length > 0;
  } catch (error) {
    if (error instanceof FormError) return false;
    throw error;
  }
}

function renderTrust() {
  showTrust(trust, async (item) => {
    await trust.remove(item.id);
    renderTrust();
    announce("已移除。", "It is removed.", "good");
    byId("trust-title").focus();
  });
}

async function addTrust(bytes) {
  try {
    const item = await trust.add(bytes, OF_USER);
    const { origins } = describeTrust(item.bytes);
    renderTrust();
    const names = origins.join(", ");
    announce(`已添加信任文件：${names}`, `The trust file is kept: ${names}`, "good");
  } catch (error) {
    if (!(error instanceof FormError) && !(error instanceof RangeError)) throw error;
    announce(`这不是可用的信任文件。${error.message}`, `That is no trust file that can be used: ${error.message}`, "bad");
  }
}

async function learnTrust() {
  await trust.load();
  renderTrust();
  const own = await askTrust();
  if (own === null) {
    ownOrigins = (await place?.get(ORIGINS)) ?? [];
    return;
  }
  ownOrigins = describeTrust(own).origins;
  await place?.put(ORIGINS, ownOrigins);
  await trust.setNodes(own);
  renderTrust();
}

// --- ways in ---

function stopCamera() {
  camera?.abort();
  camera = null;
  byId("camera").hidden = true;
  byId("scan").hidden = false;
}

async function scan() {
  stopCamera();
  hush();
  camera = new AbortController();
  const mine = camera;
  byId("camera").hidden = false;
  byId("scan").hidden = true;
  byId("stop-scan").focus();
  try {
    const text = await scanCode(byId("video"), mine.signal);
    if (text !== null) await take(async () => openText(text));
  } catch (error) {
    if (isCameraRefused(error)) announce(...NO_CAMERA, "open");
    else announce(`出错了：${error.message}`, `Something went wrong: ${error.message}`, "bad");
  } finally {
    if (mine === camera) stopCamera();
  }
}

function takeTransfer(transfer) {
  const file = transfer?.files?.[0];
  if (file !== undefined) return take(() => openFile(file));
  const text = transfer?.getData("text/plain") ?? "";
  return text === "" ? null : take(async () => openText(text));
}

function startDropping() {
  const zone = byId("drop");
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("over", depth > 0);
  };
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    mark(0);
    takeTransfer(event.dataTransfer);
  });
  addEventListener("paste", (event) => {
    if (event.target instanceof Element && event.target.closest("textarea, input") !== null && event.clipboardData?.files.length === 0) return;
    if (takeTransfer(event.clipboardData) !== null) event.preventDefault();
  });
}

function start() {
  byId("file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file !== undefined) take(() => openFile(file));
    event.target.value = "";
  });
  byId("scan").addEventListener("click", scan);
  byId("stop-scan").addEventListener("click", () => {
    stopCamera();
    byId("scan").focus();
  });
  byId("paste").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("text").value;
    if (text.trim() !== "") take(async () => openText(text));
  });
  byId("again").addEventListener("click", () => {
    shown = null;
    showWays(true);
    byId("text").value = "";
    fill(byId("spoken"));
    hush();
    scrollTo({ top: 0 });
    byId("ways-title").focus();
  });
  byId("make-nonce").addEventListener("click", () => {
    byId("nonce").value = Array.from(crypto.getRandomValues(new Uint8Array(NONCE_LETTERS)), (byte) => LETTERS[byte % LETTERS.length]).join("");
  });
  byId("trust-file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file === undefined) return;
    try {
      await addTrust(await readFile(file, MAX_TRUST_BYTES));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      announce("这个文件太大，不是信任文件。", "That file is too large for a trust file.", "bad");
    }
  });
  startDropping();
  watchNetwork((isOnline) => { byId("offline").hidden = isOnline; });
}

start();
if (!isSecureContext) announce("本页须用 HTTPS 地址打开，否则浏览器无法核验签名。", "Open this page by HTTPS: without it, the browser cannot check signatures.", "bad");
document.documentElement.dataset.ready = "yes";
await learnTrust();
words = await learnWords(place);
render();
document.documentElement.dataset.learned = "yes";
