// Standard input: a list of bytes in hex. Standard output: for each the encoding of what they decode to, null for what is no value.
import { readFileSync } from "node:fs";

import { FormError, fromHex, toHex } from "../../node/web/static/lib/bytes.js";
import { decode, encode } from "../../node/web/static/lib/codec.js";

function roundTrip(text) {
  try {
    return toHex(encode(decode(fromHex(text))));
  } catch (error) {
    if (error instanceof FormError) return null;
    throw error;
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(roundTrip)));
