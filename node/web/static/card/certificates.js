// Certificates on the phone: files that are kept, given out again, and shown as one code where they are registered.

import { fromUtf8, toHex } from "../lib/bytes.js";
import { announce, byId, fill, make, readFile, say } from "../ui.js";
import { getText } from "../wallet/requests.js";
import { newIdentifier } from "../wallet/transactions.js";
import { showCode } from "./code-dialog.js";
import { guard } from "../guard.js";

const MAX_FILE_BYTES = 8 << 20;
const NUMBER = /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/;

/** What a certificate's file says of itself, unchecked; null for a picture, a PDF file or anything else. */
function glance(bytes) {
  try {
    const document = JSON.parse(fromUtf8(bytes));
    const [, ...parts] = NUMBER.exec(document.id) ?? [];
    const subject = document.credentialSubject ?? {};
    const days = `${subject.activityStartDate?.slice(0, 10)} – ${subject.activityEndDate?.slice(0, 10)}`;
    const organisation = String(subject.achievement?.creator?.name ?? document.issuer?.name ?? "");
    // What the volunteer made has no place in the register, and so no code of its own.
    const isOwn = document.issuer?.otherIdentifier?.[0]?.identifierType === "ext:hourledger-volunteer";
    const number = isOwn || parts.length === 0 ? null : parts.join("");
    return { number, organisation, days, hours: Number(subject.creditsEarned), isOwn };
  } catch {
    return null;
  }
}

/** Keep a file: its name, type and bytes. */
export async function keepBytes(wallet, { name, type, bytes }) {
  const id = toHex(newIdentifier());
  const kept = { id, name: name.slice(0, 200), type, bytes, about: glance(bytes), code: null, addedMs: Date.now() };
  await wallet.store.put(`certificates/${id}`, kept);
}

async function keepFile(wallet, file) {
  await keepBytes(wallet, { name: file.name, type: file.type, bytes: await readFile(file, MAX_FILE_BYTES) });
}

/** A copy of the file for whoever is to have it. */
function giveOut(kept) {
  const address = URL.createObjectURL(new Blob([kept.bytes], { type: "application/octet-stream" }));
  const link = make("a", { href: address, download: kept.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The code is asked for once, and then shown without the node. */
async function showOneCode(wallet, kept) {
  const code = kept.code ?? (await getText(`/v1/certificates/${kept.about.number}/code`)).trim();
  if (kept.code === null) await wallet.store.put(`certificates/${kept.id}`, { ...kept, code });
  const words = [kept.about.organisation || kept.name, kept.about.organisation || kept.name];
  showCode({ text: code, title: ["证书码", "Code of the certificate"], words, level: "L" });
}

async function drop(wallet, kept, button) {
  if (button.dataset.sure !== "yes") {
    button.dataset.sure = "yes";
    fill(button, say("确定删除？", "Really remove it?"));
    return;
  }
  await wallet.store.remove(`certificates/${kept.id}`);
  await renderCertificates(wallet);
  announce("已从本机删除。", "It is removed from this phone.");
}

function describeFile(wallet, kept) {
  const { about } = kept;
  const item = make("li", {}, make("p", {}, make("strong", {}, about?.organisation || kept.name)));
  if (about !== null && Number.isFinite(about.hours)) {
    item.append(make("p", { class: "soft" }, `${about.days} · `, say(`${about.hours} 小时`, `${about.hours} hours`)));
    if (about.isOwn) item.append(make("p", { class: "soft" }, say("由您本人出具", "made by yourself")));
  }
  const buttons = make("div", { class: "row" });
  if (about?.number) {
    buttons.append(make("button", { type: "button", click: guard(() => showOneCode(wallet, kept)) }, say("出示码", "Show a code")));
  }
  buttons.append(make("button", { type: "button", click: () => giveOut(kept) }, say("另存文件", "Save a copy")));
  const remove = make("button", { type: "button" }, say("删除", "Remove"));
  remove.addEventListener("click", guard(() => drop(wallet, kept, remove)));
  buttons.append(remove);
  item.append(buttons);
  return item;
}

/** Show the certificates that are kept. */
export async function renderCertificates(wallet) {
  const files = await wallet.store.list("certificates/");
  files.sort((left, right) => right.addedMs - left.addedMs);
  fill(byId("certificate-list"), ...files.map((kept) => describeFile(wallet, kept)));
}

/** Wire the file input. */
export function startCertificates(wallet) {
  byId("certificate-file").addEventListener("change", guard(async (event) => {
    const files = [...event.target.files];
    for (const file of files) await keepFile(wallet, file);
    event.target.value = "";
    await renderCertificates(wallet);
    announce(`已存 ${files.length} 个文件。`, `${files.length} files are kept on this phone.`, "good");
  }));
}
