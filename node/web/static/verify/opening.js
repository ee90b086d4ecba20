// Files and texts as people have them, opened: a picture is searched for a code, a PDF file for its attachment, all else is what it is.

import { toUtf8 } from "../lib/bytes.js";
import { MAX_ARTEFACT_BYTES, recognise } from "../lib/artefacts.js";
import { Refusal } from "../lib/errors.js";
import { isPdf, listAttachments } from "../lib/pdf.js";
import { QrScanner } from "../lib/qr-scanner.js";

const MAX_FILE_BYTES = 16 << 20;
const MAX_SIDE = 3_000;
const MAX_PIXELS = 100_000_000;
const PICTURES = [[0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], [0x52, 0x49, 0x46, 0x46], [0x47, 0x49, 0x46, 0x38], [0x42, 0x4d]];

/** What a file has to be verified, and notes about it. Raises `Refusal` where it has nothing of the kind. */
export async function openFile(blob) {
  if (blob.size > MAX_FILE_BYTES) throw new Refusal("too_large", `a file of more than ${MAX_FILE_BYTES} bytes is not read`);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (isPdf(bytes)) return openPdf(bytes);
  if (PICTURES.some((start) => start.every((byte, place) => bytes[place] === byte))) return openPicture(blob);
  if (bytes.length > MAX_ARTEFACT_BYTES) throw new Refusal("too_large", `a file of more than ${MAX_ARTEFACT_BYTES} bytes is not verified`);
  return { data: bytes, notes: [] };
}

/** What was pasted, or read from a code. */
export function openText(text) {
  return { data: toUtf8(text.toWellFormed().replace(/^[\t\r\n]+|[\t\r\n]+$/g, "")), notes: [] };
}

function openPdf(bytes) {
  const found = listAttachments(bytes);
  if (found.length === 0) throw new Refusal("no_attachment", "no certificate is attached to the PDF file");
  if (found.length > 1) throw new Refusal("several_codes", `${found.length} certificates are attached to the PDF file`);
  return { data: found[0], notes: ["page_not_compared"] };
}

async function openPicture(blob) {
  const scanner = new QrScanner();
  try {
    return chooseCode(await scanner.readAll(await readPixels(blob), true));
  } finally {
    scanner.close();
  }
}

/** The one code of a ledger among those in a picture. */
function chooseCode(texts) {
  if (texts.length === 0) throw new Refusal("no_code", "no QR code was found in the picture");
  const ours = texts.map(openText).filter(({ data }) => recognise(data) !== "unknown");
  if (ours.length === 0) throw new Refusal("no_code", "it has a QR code, but none of this ledger");
  if (ours.length > 1) throw new Refusal("several_codes", `${ours.length} codes are in it`);
  return ours[0];
}

async function readPixels(blob) {
  const bitmap = await decode(blob);
  try {
    if (bitmap.width * bitmap.height > MAX_PIXELS) throw new Refusal("too_large", "the picture has too many pixels");
    const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  } finally {
    bitmap.close();
  }
}

async function decode(blob) {
  try {
    return await createImageBitmap(blob);
  } catch {
    throw new Refusal("unreadable_file", "the picture cannot be read: it is damaged or was cut off");
  }
}
