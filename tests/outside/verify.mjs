// Standard input: a list of {data, trust, atTimeMs, maxAgeMs, status, refused, audience, nonce, merchant}; bytes travel as hex. Standard
// output: the report of each.
import { readFileSync } from "node:fs";

import { verifyArtefact } from "../../node/web/static/lib/artefacts.js";
import { fromHex } from "../../node/web/static/lib/bytes.js";
import { Refusal } from "../../node/web/static/lib/errors.js";
import { findSubject } from "../../node/web/static/lib/subject.js";
import { parseTrust } from "../../node/web/static/lib/trust.js";

function readStatus({ status, refused }) {
  if (refused !== null) return new Refusal(refused, "it could not be had");
  return status === null ? null : fromHex(status);
}

const reports = [];
for (const item of JSON.parse(readFileSync(0, "utf8"))) {
  const { data, trust, atTimeMs, maxAgeMs, audience, nonce, merchant } = item;
  const question = {
    trust: trust.map((text) => parseTrust(fromHex(text))),
    times: { atTimeMs, maxAgeMs },
    status: readStatus(item),
    audience,
    nonce,
    merchant,
  };
  findSubject(fromHex(data)); // whatever the bytes are, it says what can be asked about them, or null
  reports.push(await verifyArtefact(fromHex(data), question));
}
process.stdout.write(JSON.stringify(reports));
