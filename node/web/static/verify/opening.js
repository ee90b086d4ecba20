// Files and texts as people have them, opened: a picture is searched for a code, a PDF file for its attachment, all else is what it is.

import { MAX_ARTEFACT_BYTES, recognise } from "../lib/artefacts.js";
import { Refusal } from "../lib/errors.js";
import { isPdf, listAttachments } from "../lib/pdf.js";
import { countPixels } from "../lib/picture-size.js";
import { QrScanner } from "../lib/qr-scanner.js";

const MAX_FILE_BYTES = 16 << 20;
const MAX_SIDE = 3_000;
const MAX_PIXELS = 100_000_000;
/** How pictures begin that every browser reads, and those that some do: what phones make of photographs, and drawings. */
const PICTURES = ["\x89PNG", "\xff\xd8\xff", "RIFF", "GIF8", "BM"];
const OTHERS = ["II*\0", "MM\0*", "<svg", "<?xml"];

/** What a file has to be verified, and notes about it. Raises `Refusal` where it has nothing of the kind. */
export async function openFile(blob) {
  if (blob.size > MAX_FILE_BYTES) throw new Refusal("too_large", `a file of more than ${MAX_FILE_BYTES} bytes is not read`);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (isPdf(bytes)) return openPdf(bytes);
  if (countPixels(bytes) > MAX_PIXELS) throw new Refusal("too_large", "the picture has too many pixels");
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (PICTURES.some((item) => start.startsWith(item))) return openPicture(blob, "unreadable_file", "the picture is damaged or was cut off");
  if (start.slice(4) === "ftyp" || OTHERS.some((item) => start.startsWith(item))) {
    return openPicture(blob, "no_code", "this browser does not read pictures of this kind; save it as PNG or JPEG");
  }
  if (bytes.length > MAX_ARTEFACT_BYTES) throw new Refusal("too_large", `a file of more than ${MAX_ARTEFACT_BYTES} bytes is not verified`);
  return { data: bytes, notes: [] };
}

/** What was pasted, or read from a code. */
export function openText(text) {
  return { data: new TextEncoder().encode(text.replace(/^[\t\r\n]+|[\t\r\n]+$/g, "")), notes: [] };
}

function openPdf(bytes) {
  const found = listAttachments(bytes);
  if (found.length === 0) throw new Refusal("no_attachment", "no certificate is attached to the PDF file");
  if (found.length > 1) throw new Refusal("several_codes", `${found.length} certificates are attached to the PDF file`);
  return { data: found[0], notes: ["page_not_compared"] };
}

async function openPicture(blob, reason, detail) {
  const scanner = new QrScanner();
  try {
    return chooseCode(await scanner.readAll(await readPixels(blob, reason, detail), true));
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

async function readPixels(blob, reason, detail) {
  const bitmap = await decode(blob, reason, detail);
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

async function decode(blob, reason, detail) {
  try {
    return await createImageBitmap(blob);
  } catch {
    throw new Refusal(reason, detail);
  }
}
