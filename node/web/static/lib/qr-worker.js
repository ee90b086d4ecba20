/**
 * Reads QR codes beside the page's own thread. Message in: {id, picture: {width, height, data}, isThorough}; out: {id, text}, the text
 * null where no code is read.
 */

import { readQr } from "./qr-read.js";

self.addEventListener("message", ({ data: { id, picture, isThorough } }) => {
  self.postMessage({ id, text: readQr(picture, { isThorough }) });
});
