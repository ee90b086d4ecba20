// Standard input: {trust, cases: [{text, at_ms, merchant}]}. Standard output: the report on each.
import { readFileSync } from "node:fs";

import { toUtf8 } from "../../node/web/static/lib/bytes.js";
import { verifyCounterCard } from "../../node/web/static/lib/counter-card.js";
import { parseTrust } from "../../node/web/static/lib/trust.js";

const { trust, cases } = JSON.parse(readFileSync(0, "utf8"));
const policies = trust.map((text) => parseTrust(toUtf8(text)));
const reports = [];
for (const { text, at_ms, merchant } of cases) {
  reports.push(await verifyCounterCard(text, policies, { atTimeMs: at_ms, maxAgeMs: null }, merchant));
}
process.stdout.write(JSON.stringify(reports));
