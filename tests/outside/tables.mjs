// Standard output: tables of the library that the house has, too; and the canonical RDF of the documents on standard input.
import { readFileSync } from "node:fs";

import { fromUtf8 } from "../../node/web/static/lib/bytes.js";
import { OPEN_REASONS } from "../../node/web/static/lib/errors.js";
import { canonicalise } from "../../node/web/static/lib/rdf.js";
import { COMMON, TYPES } from "../../node/web/static/lib/terms.js";

const given = process.stdin.isTTY ? "" : readFileSync(0, "utf8");
const canonical = JSON.parse(given || "[]").map((document) => fromUtf8(canonicalise(document)));
process.stdout.write(JSON.stringify({ open: [...OPEN_REASONS], common: COMMON, types: TYPES, canonical }));
