// Verifies beside the page's own thread. Message in: {id, data, trust: list of bytes, times, status, refused, nonce}; out: {id, report, subject}: the
// report, and what the register or a status list could be asked about it; {id, fault} where this browser cannot do it.

import { findSubject } from "./subject.js";
import { verifyArtefact } from "./artefacts.js";
import { Refusal } from "./errors.js";
import { parseTrust } from "./trust.js";

self.addEventListener("message", async ({ data: { id, data, trust, times, status, refused, nonce } }) => {
  const given = refused === null ? status : new Refusal(refused, "it could not be had");
  try {
    const question = { trust: trust.map(parseTrust), times, status: given, nonce };
    self.postMessage({ id, report: await verifyArtefact(data, question), subject: findSubject(data) });
  } catch (error) {
    self.postMessage({ id, fault: String(error) }); // An error in a promise would not reach the page by itself.
  }
});
