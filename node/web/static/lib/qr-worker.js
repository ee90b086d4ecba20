/**
 * Reads QR codes beside the page's own thread. Message in: {id, picture: {width, height, data}, isThorough}; out: {id, texts},
 * none where no code is read.
 */

import { readQrs } from "./qr-read.js";

self.addEventListener("message", ({ data: { id, picture, isThorough } }) => {
  self.postMessage({ id, texts: readQrs(picture, { isThorough }) });
});
