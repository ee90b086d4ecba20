// Handlers that tell what went wrong, in one place.

import { announce, hush } from "./ui.js";
import { WAITING } from "./wallet/outbox.js";
import { explain, explainReason } from "./words.js";

/** Tell why a transaction was refused, or that it waits. */
export function explainItem(item) {
  if (item.state === WAITING) announce("连不上节点，连上后自动完成。", "The node cannot be reached. It will be done as soon as it can.", "open");
  else announce(...explainReason(item.reason, item.detail), "bad");
}

/** A handler that does nothing twice at once, and tells what it could not do. Forms are not sent anywhere. */
export function guard(act) {
  let isRunning = false;
  return async (event) => {
    event.preventDefault();
    if (isRunning) return;
    isRunning = true;
    hush();
    const button = event.submitter ?? event.currentTarget;
    button?.setAttribute("aria-busy", "true");
    try {
      await act(event);
    } catch (error) {
      announce(...explain(error), "bad");
    } finally {
      isRunning = false;
      button?.removeAttribute("aria-busy");
    }
  };
}
