// What a month has come to, and that the merchant agrees with it once an authority has closed it.

import { explainItem, guard } from "../guard.js";
import { fromHex, join, toHex, toUtf8 } from "../lib/bytes.js";
import { CodecError, decode } from "../lib/codec.js";
import { announce, byId, fill, make, say } from "../ui.js";
import { DONE } from "../wallet/outbox.js";

/** State key of a merchant's month (docs/formats/state.md): twelve times the year and the month from 0. */
export function computeMonthKey(merchant, year, month) {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, year * 12 + month - 1);
  return toHex(join(toUtf8("turnover/"), fromHex(merchant, 16), number));
}

/** The figures in a state value. Raises `CodecError` for another value. */
export function readTurnover(bytes) {
  const fields = decode(bytes, 64);
  if (!Array.isArray(fields) || fields.length !== 4) throw new CodecError("that is no month's figures");
  const [captured, refunded, closedBy, isAcknowledged] = fields;
  return { captured, refunded, isClosed: closedBy !== null, isAcknowledged };
}

function describe({ captured, refunded, isClosed, isAcknowledged }) {
  const state = isAcknowledged ? ["已确认", "acknowledged"] : isClosed ? ["已结算，待确认", "closed, to be acknowledged"] : ["未结算", "not closed yet"];
  return say(
    `收取 ${captured}，退还 ${refunded}，合计 ${captured - refunded} 积分；${state[0]}。`,
    `${captured} points taken, ${refunded} refunded, ${captured - refunded} in all; ${state[1]}.`,
  );
}

async function acknowledge(till, year, month, found, again) {
  const body = [fromHex(till.merchant.number, 16), year, month, found.captured, found.refunded];
  const item = await till.carryOut(`month/${year}-${month}/${found.captured}-${found.refunded}`, "exchange.acknowledge_settlement", body, { what: "month", year, month });
  if (item.state === DONE) announce("已确认。", "The month is acknowledged.", "good");
  else explainItem(item);
  await again();
}

/** Begin with the month that it is. */
export function renderMonths(till) {
  if (byId("month").value === "") byId("month").value = till.computeMonth();
}

/** Wire the form. */
export function startMonths(till) {
  const look = async () => {
    const [year, month] = byId("month").value.split("-").map(Number);
    const key = computeMonthKey(till.merchant.number, year, month);
    const { value } = await till.askSigned(`/v1/state/${key}`);
    if (value === null) {
      fill(byId("month-words"), say("该月没有收取。", "Nothing was taken in that month."));
      return;
    }
    const found = readTurnover(fromHex(value));
    fill(byId("month-words"), make("p", {}, describe(found)));
    if (!found.isClosed || found.isAcknowledged) return;
    const agree = guard(() => acknowledge(till, year, month, found, look));
    byId("month-words").append(make("button", { type: "button", class: "main wide", click: agree }, say("确认这些数字", "Agree with these figures")));
  };
  byId("month-form").addEventListener("submit", guard(look));
}
