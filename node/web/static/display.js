// Totals for everybody, on a screen that nobody looks after: asked for again and again, with the last ones kept for when the node is away.

import { announce, byId, fill, hush, say, showNumber, showTime } from "./ui.js";
import { getJson, NodeAway } from "./wallet/requests.js";
import { openStore } from "./wallet/store.js";

const EVERY_MS = 30_000;
const MINUTES_PER_HOUR = 60;

const store = await openStore("display").catch(() => null); // without one, nothing is shown while the node is away
let shown = null;

function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

/** What the node told, or an error where it is not what was asked for. */
function readSums(sums, status) {
  const figures = sums.is_withheld === true ? {} : { people: sums.people, records: sums.records, minutes: sums.minutes };
  if (!isCount(sums.time_ms) || !isCount(sums.floor) || !Object.values(figures).every(isCount)) throw new NodeAway("no sums");
  return { region: String(status.region), timeMs: sums.time_ms, floor: sums.floor, askedMs: Date.now(), ...figures };
}

function show(sums) {
  shown = sums;
  const isWithheld = sums.people === undefined;
  fill(byId("region"), sums.region);
  byId("figures").hidden = isWithheld;
  byId("withheld").hidden = !isWithheld;
  if (isWithheld) {
    const few = `不足 ${sums.floor} 人时不公布总数。`;
    fill(byId("withheld"), say(few, `Totals are shown once they are about ${sums.floor} people or more.`));
  } else {
    fill(byId("people"), showNumber(sums.people));
    fill(byId("hours"), showNumber(Math.floor(sums.minutes / MINUTES_PER_HOUR)));
    fill(byId("records"), showNumber(sums.records));
  }
  const [zh, en] = showTime(sums.timeMs);
  fill(byId("asof"), say(`截至 ${zh}`, `As of ${en}`));
}

/** Keep figures for when the node is away; a device that cannot shows them all the same. */
async function keep(sums) {
  try {
    await store?.put("sums", sums);
  } catch {
    // the disk is full: there is only nothing to show without the node
  }
}

async function refresh() {
  try {
    const sums = readSums(await getJson("/v1/aggregates"), await getJson("/v1/status"));
    await keep(sums);
    show(sums);
    hush();
  } catch {
    if (shown === null) announce("连不上节点，稍后自动重试。", "The node cannot be reached. This page tries again by itself.", "open");
    else announce("连不上节点：以上是最后一次得到的数字。", "The node cannot be reached: these are the last figures that it gave.", "open");
  }
}

const kept = await store?.get("sums");
if (kept !== undefined && kept !== null) show(kept);
await refresh();
setInterval(refresh, EVERY_MS);
addEventListener("online", refresh);
