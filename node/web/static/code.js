// Codes as drawings, and texts for the clipboard.

import { encodeQr } from "./lib/qr-write.js";
import { createQrSvg } from "./lib/qr-svg.js";
import { announce, language } from "./ui.js";

/** Copy a text, and say so. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce("已复制。", "It is copied.", "good");
  } catch {
    announce("无法复制，请长按文字。", "It cannot be copied here: press on the text.", "open");
  }
}

/** An SVG of a code; null where the text is too long for one. `label` is a pair of words, Chinese and English. */
export function drawCode(text, label, level = "M") {
  try {
    const svg = createQrSvg(document, encodeQr(text, { level }), label[language() === "zh" ? 0 : 1]);
    svg.classList.add("qr");
    return svg;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
