// Times as credentials write them, `2026-03-01T09:30:00Z`, by the rules of certificates/datetimes.py; and days.

import { FormError } from "./bytes.js";

const PATTERN = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-5][0-9]))$/;
export const MAX_TIME_MS = 253_402_300_799_999;
const MAX_OFFSET_MINUTES = 14 * 60;
const MS_PER_DAY = 86_400_000;

/** UTC with `Z`; milliseconds only where there are any. @param {number} timeMs @returns {string} */
export function formatDatetime(timeMs) {
  if (!(timeMs >= 0 && timeMs <= MAX_TIME_MS)) throw new FormError("a time outside the years 1970 to 9999");
  const text = new Date(timeMs).toISOString();
  return timeMs % 1000 === 0 ? text.replace(".000Z", "Z") : text;
}

/** Milliseconds since 1970. @param {string} text @returns {number} */
export function parseDatetime(text) {
  const match = PATTERN.exec(text);
  if (match === null) throw new FormError("a time that is not written as in 2026-03-01T09:30:00Z");
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const offset = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  if (offset > MAX_OFFSET_MINUTES) throw new FormError("a time zone of more than 14 hours");
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  const isReal = year >= 1 && local.getUTCMonth() === month - 1 && local.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!isReal) throw new FormError("a time that is in no calendar");
  const fraction = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  // Local time is UTC plus the offset, so going back to UTC takes the offset away.
  const timeMs = local.getTime() + (match[8] === "-" ? offset : -offset) * 60_000 + fraction;
  if (timeMs < 0 || timeMs > MAX_TIME_MS) throw new FormError("a time outside the years 1970 to 9999");
  return timeMs;
}

/** YYYY-MM-DD. @param {number} day since 1970-01-01 @returns {string} */
export function formatDate(day) {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

/** @param {number} day @returns {string} midnight UTC of the day */
export function formatMidnight(day) {
  return formatDatetime(day * MS_PER_DAY);
}

/** Minutes after midnight as HH:MM; past midnight the hours go on counting. @param {number} minute @returns {string} */
export function formatClock(minute) {
  const twoDigits = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`;
}
