// A report as people read it: the answer first, then what it states, then every check in words.

import { make, say, showTime } from "../ui.js";
import { sayAgainst, sayFound } from "./found.js";
import { CARD_FACTS, FACTS, MEANINGS, NOTES, REASONS, VALUES } from "./meanings.js";

const MARKS = { valid: "✓", invalid: "✗", undetermined: "?" };
const TONES = { valid: "good", invalid: "bad", undetermined: "open" };
const WORDS = {
  valid: ["有效", "Valid"],
  invalid: ["无效", "Not valid"],
  undetermined: ["无法判定", "Undetermined"],
};
const SENTENCES = {
  valid: ["以下各项均已核验并成立。", "Everything below was checked and holds."],
  invalid: ["其中有误，请勿采信。", "Something in it is wrong. Do not rely on it."],
  undetermined: ["未发现错误，但有事项无法判定。", "Nothing is wrong with it, but something could not be decided."],
  nothing: ["里面没有可以核验的内容。", "There is nothing in it that can be checked."],
  history: ["核验成立，但有效期已过，只作为历史。", "Everything below was checked and holds, but its time is over: it is history."],
  replaced: ["核验成立，但已被更新的证明取代，只作为历史。", "Everything below was checked and holds, but a newer one has taken its place: it is history."],
};
const FIRST = ["organisation_name", "minutes", "records", "points", "quantity", "stars", "hours", "first_day", "last_day", "until", "standing", "register"];
const REASON_FIRST = ["number", "chain_id"];
const MAX_SHOWN = 300;

function bothOf(text) {
  return [text?.zh, text?.en].every((item) => typeof item === "string") ? [text.zh, text.en] : null;
}

function showValue(name, value) {
  if (name === "minutes" || name === "imported_minutes") return say(`${Math.floor(value / 60)} 小时 ${value % 60} 分钟`, `${Math.floor(value / 60)} h ${value % 60} min`);
  if (name === "stars") return value === 0 ? say("未写明", "none named") : `${"★".repeat(value)}`;
  if (["issued", "until", "expires"].includes(name)) return say(...showTime(Date.parse(value)));
  if ((name === "standing" || name === "register" || name === "profile" || name === "purpose") && Object.hasOwn(VALUES, value ?? "")) return say(...VALUES[value]);
  if (value === null) return say("未知", "not known");
  const shown = typeof value === "object" ? Object.values(value).join(" – ") : String(value);
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}

function nameFact(name, isCard) {
  if (isCard && Object.hasOwn(CARD_FACTS, name)) return say(...CARD_FACTS[name]);
  if (name.startsWith("training:")) return say(`培训 ${name.slice(9)}`, `Training ${name.slice(9)}`);
  return Object.hasOwn(FACTS, name) ? say(...FACTS[name]) : name;
}

function listFacts(statement) {
  const { claims, ...rest } = statement;
  const facts = Object.entries({ ...rest, ...claims }).filter(([name, value]) => value !== null || name === "standing");
  const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : REASON_FIRST.includes(name) ? 50 : name.startsWith("training:") ? 40 : 99);
  return facts.sort(([left], [right]) => rank(left) - rank(right));
}

function showFacts(report) {
  if (report.statement === null) return [];
  const facts = listFacts(report.register === null ? report.statement : { ...report.statement, register: report.register });
  const rows = (items) => items.flatMap(([name, value]) => [make("dt", {}, nameFact(name, report.kind === "card")), make("dd", {}, showValue(name, value))]);
  const isMain = ([name]) => FIRST.includes(name) || name.startsWith("training:") || name === "since";
  const others = facts.filter((item) => !isMain(item));
  const more = make("details", {}, make("summary", {}, say("编号与账本", "Numbers and ledger")), make("dl", { class: "facts code" }, ...rows(others)));
  return [make("dl", { class: "facts main-facts" }, ...rows(facts.filter(isMain))), ...(others.length === 0 ? [] : [more])];
}

function explainCheck(check, words) {
  if (check.reason === null) return MEANINGS[check.name] ?? ["", ""];
  const [zh, en] = REASONS[check.reason] ?? bothOf(words.reasons?.[check.reason]) ?? [check.reason, check.reason];
  return [zh, `${en.slice(0, 1).toUpperCase()}${en.slice(1)}`];
}

/** What a check found, and what that was held against, in both languages. Why one failed stands above, in words for people. */
function describeFound({ detail, against, reason }) {
  const join = (...parts) => parts.filter((part) => part !== "").join(" — ");
  return [join(reason === null ? sayFound(detail) : detail, sayAgainst(against)), join(detail, against)];
}

function showCheck(check, words, asOf) {
  const title = bothOf(words.checks?.[check.name]) ?? [check.name, check.name];
  const [verdictZh, verdictEn] = bothOf(words.verdicts?.[check.verdict]) ?? WORDS[check.verdict];
  const item = make("li", { class: `finding ${TONES[check.verdict]}`, "data-name": check.name, "data-verdict": check.verdict });
  const head = make("p", { class: "finding-title" });
  head.append(make("span", { class: "mark", "aria-hidden": "true" }, MARKS[check.verdict]), make("strong", {}, say(...title)), " ");
  head.append(make("span", { class: "finding-verdict" }, say(verdictZh, verdictEn)));
  item.append(head, make("p", { class: "finding-meaning" }, say(...explainCheck(check, words))));
  const small = make("p", { class: "finding-detail code" }, say(...describeFound(check)));
  if (check.as_of !== null && check.as_of !== asOf) small.append(` · ${check.as_of}`);
  item.append(small);
  return item;
}

function showNotes(report, words) {
  const notes = report.notes.map((name) => NOTES[name] ?? bothOf(words.notes?.[name])).filter((item) => item !== null);
  return notes.length === 0 ? [] : [make("ul", { class: "notes" }, ...notes.map((item) => make("li", {}, say(...item))))];
}

function chooseSentence({ kind, verdict, statement, register }) {
  if (kind === "unknown") return SENTENCES.nothing;
  if (verdict === "valid" && statement?.standing === "expired") return SENTENCES.history;
  if (verdict === "valid" && register === "superseded") return SENTENCES.replaced;
  return SENTENCES[verdict];
}

/** Why it is not valid, where the eye is: the first check that failed, for all that rests on it fails, too. */
function showWhy(report, words) {
  const failed = report.checks.find((check) => check.verdict === report.verdict);
  if (report.verdict === "valid" || failed === undefined) return [];
  const [zh, en] = explainCheck(failed, words);
  const [titleZh, titleEn] = bothOf(words.checks?.[failed.name]) ?? [failed.name, failed.name];
  return [make("p", { class: "answer-why" }, say(`${titleZh}：${zh}`, `${titleEn}: ${en}`))];
}

function showAnswer(report, words) {
  const kind = bothOf(words.kinds?.[report.kind]);
  const answer = make("div", { class: `answer ${TONES[report.verdict]}`, "data-verdict": report.verdict });
  answer.append(make("span", { class: "answer-mark", "aria-hidden": "true" }, MARKS[report.verdict]));
  const body = make("div", {});
  if (kind !== null) body.append(make("p", { class: "answer-kind" }, say(...kind)));
  body.append(make("h2", { id: "answer-title", tabindex: "-1" }, say(...WORDS[report.verdict])));
  body.append(make("p", { class: "answer-sentence" }, say(...chooseSentence(report))), ...showWhy(report, words));
  if (report.as_of !== null) {
    const [zh, en] = showTime(Date.parse(report.as_of));
    body.append(make("p", { class: "answer-as-of" }, say(`截至 ${zh}`, `As of ${en}`)));
  }
  answer.append(body);
  return answer;
}

function showParts(report, words) {
  return (report.parts ?? []).map((part, place) => {
    const section = make("section", { class: "part" });
    section.append(make("h3", {}, say(`第 ${place + 1} 份`, `Part ${place + 1}`)), ...showReport(part, words).filter((item) => !item.classList?.contains("raw")));
    section.querySelector("#answer-title")?.removeAttribute("id");
    return section;
  });
}

/** The elements of a report. `words` are those of /v1/words. */
export function showReport(report, words) {
  const checks = make("ol", { class: "findings" }, ...report.checks.map((check) => showCheck(check, words, report.as_of)));
  const count = report.checks.length;
  const title = make("h3", {}, say(`核验了 ${count} 项`, count === 1 ? "1 check was made" : `${count} checks were made`));
  const raw = make("details", { class: "raw" }, make("summary", {}, say("报告原文（JSON）", "The report as it is (JSON)")));
  raw.append(make("pre", { class: "code", tabindex: "0" }, JSON.stringify(report, null, 1)));
  return [showAnswer(report, words), ...showNotes(report, words), ...showFacts(report), title, checks, ...showParts(report, words), raw];
}

/** The answer in one sentence each, for those who hear the page. */
export function tellAnswer(report) {
  const failed = report.checks.filter((check) => check.verdict !== "valid").length;
  const zh = `${WORDS[report.verdict][0]}。共 ${report.checks.length} 项，${failed} 项未通过。`;
  const en = `${WORDS[report.verdict][1]}. ${report.checks.length} checks, ${failed} did not hold.`;
  return [zh, en];
}
