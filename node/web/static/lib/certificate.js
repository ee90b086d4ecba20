// The template of certificates, version 2 (docs/formats/certificate.md): the one document that follows from evidence, key and time.

import { join, toHex, toUtf8 } from "./bytes.js";
import { formatDate, formatDatetime, formatMidnight } from "./datetimes.js";
import { FormError } from "./errors.js";
import { hash } from "./sha256.js";
import { CONTEXTS } from "./terms.js";

export const TEMPLATE_VERSION = "2";
export const LIST_POSITIONS = 131_072;
const MAX_POSITION = 2 ** 31 - 1;
const PURPOSES = ["revocation", "suspension", "refresh"];
const LIST = /^https:\/\/[^]+\/v1\/status-lists\/(0|[1-9][0-9]{0,4})\/revocation$/;
const INDEX = /^(?:0|[1-9][0-9]{0,5})$/;
const CONTENT_DOMAIN = toUtf8("hourledger/certificate-id/v2\0");
const NUMBER_DOMAIN = toUtf8("hourledger/certificate-number/v1\0");

/** @typedef {{ chainId: string, organisation: Uint8Array, organisationName: string, volunteer: Uint8Array, records: number, minutes: number, firstDay: number, lastDay: number }} Statement */
/** @typedef {{ did: string, issuedMs: number, byVolunteer: boolean, position: number | null }} Issue */

/** @param {Statement} statement @param {string} evidenceUri @param {Issue} issue */
export function buildDocument(statement, evidenceUri, issue) {
  const issued = formatDatetime(issue.issuedMs);
  const content = hash(CONTENT_DOMAIN, toUtf8([issue.did, issued, issue.position ?? "", evidenceUri].join("\0")));
  const document = {
    "@context": CONTEXTS,
    id: formatNumber(computeNumber(statement.organisation, content)),
    type: ["VerifiableCredential", "OpenBadgeCredential"],
    name: "Certificate of voluntary service · 志愿服务证明",
    issuer: buildIssuer(statement, issue),
    validFrom: issued,
    awardedDate: issued,
    credentialSubject: buildSubject(statement),
    evidence: [
      {
        id: evidenceUri,
        type: ["Evidence"],
        name: "Proof from the ledger · 账本证明",
        narrative: "The records, proven under a checkpoint that the region's authorities have cosigned. "
          + "记录及其账本证明,检查点由地区各受信任机构联合签署。",
      },
    ],
  };
  return issue.position === null ? document : { ...document, credentialStatus: buildStatus(statement.chainId, issue.position) };
}

/** @param {Uint8Array} organisation @param {Uint8Array} content @returns {Uint8Array} 16 bytes, a UUID of version 8 */
function computeNumber(organisation, content) {
  const number = hash(NUMBER_DOMAIN, join(organisation, content)).slice(0, 16);
  number[6] = (number[6] & 0x0f) | 0x80;
  number[8] = (number[8] & 0x3f) | 0x80;
  return number;
}

/** @param {Uint8Array} number @returns {string} */
export function formatNumber(number) {
  const text = toHex(number);
  return `urn:uuid:${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

/** @param {Statement} statement @param {Issue} issue */
function buildIssuer(statement, issue) {
  const kind = issue.byVolunteer ? "volunteer" : "organisation";
  return {
    id: issue.did,
    type: ["Profile"],
    name: issue.byVolunteer ? "The volunteer · 志愿者本人" : statement.organisationName,
    otherIdentifier: [
      {
        type: "IdentifierEntry",
        identifier: `${statement.chainId}/${kind}s/${toHex(statement[kind])}`,
        identifierType: `ext:hourledger-${kind}`,
      },
    ],
  };
}

/** @param {Statement} statement */
function buildSubject(statement) {
  const base = `https://${statement.chainId}`;
  return {
    id: `${base}/volunteers/${toHex(statement.volunteer)}`,
    type: ["AchievementSubject"],
    activityStartDate: formatMidnight(statement.firstDay),
    activityEndDate: formatMidnight(statement.lastDay),
    creditsEarned: Math.floor(statement.minutes / 60),
    narrative: describe(statement),
    achievement: buildAchievement(base, statement),
    result: [buildResult(base, "minutes", statement.minutes), buildResult(base, "records", statement.records)],
  };
}

/** @param {string} base @param {Statement} statement */
function buildAchievement(base, statement) {
  const organisation = `${base}/organisations/${toHex(statement.organisation)}`;
  return {
    id: `${organisation}/service`,
    type: ["Achievement"],
    achievementType: "CommunityService",
    version: TEMPLATE_VERSION,
    creator: { id: organisation, type: ["Profile"], name: statement.organisationName },
    name: "Voluntary service · 志愿服务",
    description: "Hours of voluntary service, certified by the organisation that ran the activities. "
      + "由开展活动的志愿服务组织记录并证明的志愿服务时间。",
    criteria: {
      narrative: "Each record is the time actually given, certified by as many officers as the organisation's policy asks for. "
        + "每条记录为实际付出的服务时间,由该组织规定人数的经办人签署。",
    },
    resultDescription: [
      buildResultDescription(base, "minutes", "Minutes of service · 服务分钟数"),
      buildResultDescription(base, "records", "Number of records · 记录条数"),
    ],
  };
}

/** @param {string} base @param {string} name @param {string} title */
function buildResultDescription(base, name, title) {
  return { id: `${base}/results/${name}`, type: ["ResultDescription"], name: title, resultType: "RawScore" };
}

/** @param {string} base @param {string} name @param {number} value */
function buildResult(base, name, value) {
  return { type: ["Result"], resultDescription: `${base}/results/${name}`, value: String(value) };
}

/** @param {Statement} statement @returns {string} */
function describe(statement) {
  const hours = Math.floor(statement.minutes / 60);
  const minutes = statement.minutes - 60 * hours;
  const [first, last] = [formatDate(statement.firstDay), formatDate(statement.lastDay)];
  const name = statement.organisationName;
  return `${hours} h ${minutes} min in ${statement.records} records from ${first} to ${last}, recorded by ${name}. `
    + `${first}至${last},共${statement.records}条记录,${hours}小时${minutes}分钟,记录单位:${name}。`;
}

/** @param {string} chainId @param {number} position */
function buildStatus(chainId, position) {
  const index = position % LIST_POSITIONS;
  return PURPOSES.map((purpose) => {
    const list = `https://${chainId}/v1/status-lists/${Math.floor(position / LIST_POSITIONS)}/${purpose}`;
    return {
      id: `${list}#${index}`,
      type: "BitstringStatusListEntry",
      statusPurpose: purpose,
      statusListIndex: String(index),
      statusListCredential: list,
    };
  });
}

/** The position that a certificate names, null where it names none. @param {{ [name: string]: any }} document @returns {number | null} */
export function readPosition(document) {
  if (!("credentialStatus" in document)) return null;
  const first = Array.isArray(document.credentialStatus) ? document.credentialStatus[0] : undefined;
  const { statusListCredential: list, statusListIndex: index } = first ?? {};
  const number = typeof list === "string" ? LIST.exec(list) : null;
  if (number !== null && typeof index === "string" && INDEX.test(index) && Number(index) < LIST_POSITIONS) {
    const position = Number(number[1]) * LIST_POSITIONS + Number(index);
    if (position <= MAX_POSITION) return position;
  }
  throw new FormError("the certificate names no position in the status lists of this ledger");
}
