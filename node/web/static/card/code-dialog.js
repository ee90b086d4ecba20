// A code as large as the screen lets it be, with its words and its text.

import { copyText, drawCode } from "../code.js";
import { byId, fill, say } from "../ui.js";

/** Show a code. `title`, `words` are pairs: Chinese and English. */
export function showCode({ text, title, words, level }) {
  const picture = drawCode(text, title, level);
  fill(byId("code-title"), say(...title));
  fill(byId("code-words"), say(...words));
  fill(byId("code-text"), text);
  const tooLong = say("内容太多，一个二维码放不下：请少选几项，或复制文字。", "That is too much for one code: choose less, or copy the text.");
  fill(byId("code-picture"), picture ?? tooLong);
  byId("code-dialog").showModal();
}

/** Have the dialog's buttons do what they say. */
export function startDialog() {
  byId("close-code").addEventListener("click", () => byId("code-dialog").close());
  byId("copy-code").addEventListener("click", () => copyText(byId("code-text").textContent));
}
