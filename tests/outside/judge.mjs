// Standard input: a list of what is known of a code at a till. Standard output: the word for each answer.
import { readFileSync } from "node:fs";

import { judge } from "../../node/web/static/counter/judge.js";

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map((known) => judge(known).key)));
