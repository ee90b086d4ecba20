// The certificate that a PDF file carries as an attachment (ISO 32000-1, 7.11.4): streams of embedded files, plain or compressed
// (FlateDecode), found by their own dictionaries. Pages are not drawn, so codes on them are not seen.

import { FormError } from "./bytes.js";
import { Refusal } from "./errors.js";
import { unpackZlib } from "./inflate.js";

const MAX_ATTACHMENTS = 64;
const MAX_ATTACHMENT_BYTES = 8 << 20;
const MAX_DICTIONARY = 4_096;
const START = 1_024;
const TYPE = "/EmbeddedFile";

/** What documents, codes and cards begin with: those may have the five characters in them by chance. */
const TEXTS = /^[ \t\r\n]*(?:\{|HL|eyJ)/;

/** Whether bytes begin as a PDF file does. @param {Uint8Array} bytes @returns {boolean} */
export function isPdf(bytes) {
  const start = toLatin(bytes.subarray(0, START));
  return start.includes("%PDF-") && !TEXTS.test(start);
}

/** @param {Uint8Array} bytes @returns {string} every byte one character */
function toLatin(bytes) {
  const parts = [];
  for (let place = 0; place < bytes.length; place += MAX_DICTIONARY) parts.push(String.fromCharCode(...bytes.subarray(place, place + MAX_DICTIONARY)));
  return parts.join("");
}

/**
 * The attached files that are JSON objects, each once; raises `Refusal` for a PDF file that is encrypted or damaged.
 * @param {Uint8Array} bytes @returns {Uint8Array[]}
 */
export function listAttachments(bytes) {
  const text = toLatin(bytes);
  if (text.includes("/Encrypt")) throw new Refusal("no_code", "the PDF file is encrypted; save it without a password");
  const found = new Map();
  let place = text.indexOf(TYPE);
  for (let count = 0; place >= 0 && count < MAX_ATTACHMENTS; count += 1, place = text.indexOf(TYPE, place + 1)) {
    const stream = findStream(text, place);
    if (stream === null) continue;
    const data = readStream(bytes, text, stream.start, stream.dictionary);
    if (isJsonObject(data)) found.set(toLatin(data), data);
  }
  return [...found.values()];
}

/** The stream whose dictionary says at `place` that it is an embedded file, null where that is no stream's. @param {string} text @param {number} place */
function findStream(text, place) {
  const before = text.slice(Math.max(0, place - MAX_DICTIONARY), place);
  const opened = before.lastIndexOf("obj");
  const after = text.slice(place, place + MAX_DICTIONARY);
  const begun = /stream\r?\n/.exec(after);
  if (opened < 0 || begun === null || !/\/Type[ \t\r\n]*$/.test(before)) return null;
  const dictionary = before.slice(opened) + after.slice(0, begun.index);
  return dictionary.includes("endobj") ? null : { start: place + begun.index + begun[0].length, dictionary };
}

/** @param {Uint8Array} data @returns {boolean} */
function isJsonObject(data) {
  return data.find((byte) => ![0x20, 0x09, 0x0d, 0x0a].includes(byte)) === 0x7b;
}

/** @param {Uint8Array} bytes @param {string} text @param {number} start @param {string} dictionary @returns {Uint8Array} */
function readStream(bytes, text, start, dictionary) {
  const stated = /\/Length[ \t\r\n]+([0-9]{1,9})(?![0-9]|[ \t\r\n]+[0-9]+[ \t\r\n]+R)/.exec(dictionary);
  const end = stated !== null && /^[\r\n]*endstream/.test(text.slice(start + Number(stated[1]), start + Number(stated[1]) + 20))
    ? start + Number(stated[1])
    : text.indexOf("endstream", start);
  if (end < 0) throw new FormError("the PDF file is damaged or was cut off");
  const packed = bytes.subarray(start, end);
  const filter = /\/Filter[ \t\r\n]*(?:\[([^\]]*)\]|(\/[A-Za-z0-9]+))/.exec(dictionary);
  const filters = filter === null ? "" : (filter[1] ?? filter[2]).trim();
  if (filters === "") return packed;
  if (filters !== "/FlateDecode") throw new Refusal("unsupported_version", "the certificate in the PDF file is compressed in a way that is not known here");
  return unpackZlib(stated === null ? trimEnd(packed) : packed, MAX_ATTACHMENT_BYTES);
}

/** Without the end of line before `endstream`, which is not part of the stream. @param {Uint8Array} bytes @returns {Uint8Array} */
function trimEnd(bytes) {
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end -= 1;
  if (bytes[end - 1] === 0x0d) end -= 1;
  return bytes.subarray(0, end);
}
