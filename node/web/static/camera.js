// The camera as a part of a page: a button that starts it, one that stops it, and what happens with the text of a code.

import { guard } from "./guard.js";
import { isCameraRefused, scanCode } from "./scan.js";
import { announce, byId } from "./ui.js";

/**
 * Wire the elements `#scan`, `#camera` with `#video` and `#stop-scan` in it. `took` is called with the text of a code; `begun` before
 * the camera starts.
 */
export function startCamera(took, begun = () => {}) {
  let stop = new AbortController();
  byId("scan").addEventListener("click", guard(async () => {
    stop = new AbortController();
    begun();
    byId("camera").hidden = false;
    byId("scan").hidden = true;
    byId("stop-scan").focus();
    try {
      const text = await scanCode(byId("video"), stop.signal);
      if (text !== null) await took(text);
    } catch (error) {
      if (!isCameraRefused(error)) throw error;
      const zh = "无法使用摄像头：请允许本页使用摄像头，或粘贴文字。";
      announce(zh, "The camera cannot be used: allow it for this page, or paste the text.", "bad");
    } finally {
      byId("camera").hidden = true;
      byId("scan").hidden = false;
    }
  }));
  byId("stop-scan").addEventListener("click", () => stop.abort());
}
