// Choosing what goes into a certificate of one's own.

import { guard } from "../guard.js";
import { toHex } from "../lib/bytes.js";
import { announce, byId, fill, make, say } from "../ui.js";
import { getJson } from "../wallet/requests.js";
import { keepBytes, renderCertificates } from "./certificates.js";
import { listOwnRecords, makeOwnCertificate, MAX_RECORDS } from "./own-certificate.js";

function describe(item) {
  const hours = `${Math.floor(item.minutes / 60)} h ${item.minutes % 60} min`;
  const box = make("input", { type: "checkbox", name: "own-record", value: item.record, checked: true });
  const words = make("span", {}, `${item.day} · ${hours}`);
  if (item.opening !== null) words.append(` · ${item.opening.details.activity_name}`);
  return make("label", { class: "check" }, box, words);
}

function renderRecords(groups) {
  const group = groups.find((item) => item.organisation === byId("own-organisation").value);
  fill(byId("own-records"), ...group.records.map(describe));
  byId("own-details").hidden = !group.records.some((item) => item.opening !== null);
  return group;
}

async function begin(wallet) {
  await wallet.refresh();
  const groups = await listOwnRecords(wallet);
  if (groups.length === 0) {
    announce("还没有可以证明的服务记录。", "There is no record yet that could be certified.", "open");
    return [];
  }
  const names = await Promise.all(groups.map((group) => getJson(`/v1/organisations/${group.organisation}`)));
  fill(byId("own-organisation"), ...groups.map((group, place) => make("option", { value: group.organisation }, String(names[place].name))));
  renderRecords(groups);
  byId("own-form").hidden = false;
  byId("own-organisation").focus();
  return groups;
}

async function finish(wallet, group) {
  const chosen = new Set([...document.querySelectorAll("input[name=own-record]:checked")].map((box) => box.value));
  const records = group.records.filter((item) => chosen.has(item.record));
  if (records.length === 0 || records.length > MAX_RECORDS) {
    announce(`请选择 1 至 ${MAX_RECORDS} 条记录。`, `Choose between 1 and ${MAX_RECORDS} records.`, "open");
    return;
  }
  const opened = byId("own-open").checked ? records.filter((item) => item.opening !== null) : [];
  const bytes = await makeOwnCertificate(wallet, records, opened);
  const name = `certificate-${new Date().toISOString().slice(0, 10)}-${toHex(crypto.getRandomValues(new Uint8Array(2)))}.json`;
  await keepBytes(wallet, { name, type: "application/vc", bytes });
  byId("own-form").hidden = true;
  await renderCertificates(wallet);
  announce("证明已生成，存在这台手机上。", "The certificate is made, and on this phone.", "good");
}

/** Wire the button and the form. */
export function startOwnCertificates(wallet) {
  let groups = [];
  byId("own-begin").addEventListener("click", guard(async () => {
    groups = await begin(wallet);
  }));
  byId("own-organisation").addEventListener("change", () => renderRecords(groups));
  byId("own-form").addEventListener("submit", guard(async () => {
    await finish(wallet, groups.find((item) => item.organisation === byId("own-organisation").value));
  }));
}
