// Verifies beside the page's own thread. Message in: {id, data, trust: list of bytes, times, status, refused, nonce}; out: {id, report, kind, subject}:
// the report, and what the register or a status list could be asked about it.

import { findSubject } from "./subject.js";
import { verifyArtefact } from "./artefacts.js";
import { Refusal } from "./errors.js";
import { parseTrust } from "./trust.js";

self.addEventListener("message", async ({ data: { id, data, trust, times, status, refused, nonce } }) => {
  const given = refused === null ? status : new Refusal(refused, "it could not be had");
  const question = { trust: trust.map(parseTrust), times, status: given, nonce };
  self.postMessage({ id, report: await verifyArtefact(data, question), subject: findSubject(data) });
});
