// Standard input: a list of {file, width, height}, each file of grey values, a byte a pixel. Standard output: what our reader and what
// jsQR read in each, null for nothing, all codes that ours found, and how long ours took in milliseconds.
import { readFileSync } from "node:fs";

import jsQR from "jsqr";

import { readQrs } from "../../node/web/static/lib/qr-read.js";

function load({ file, width, height }) {
  const grey = readFileSync(file);
  const data = new Uint8ClampedArray(4 * width * height);
  grey.forEach((value, pixel) => data.fill(value, 4 * pixel, 4 * pixel + 3));
  for (let pixel = 0; pixel < grey.length; pixel += 1) data[4 * pixel + 3] = 255;
  return { data, width, height };
}

const asksJsqr = process.argv[2] === "jsqr";
const answers = JSON.parse(readFileSync(0, "utf8")).map((item) => {
  const picture = load(item);
  const start = performance.now();
  const all = readQrs(picture);
  const ms = Math.round(performance.now() - start);
  const theirs = asksJsqr ? (jsQR(picture.data, picture.width, picture.height, { inversionAttempts: "dontInvert" })?.data ?? null) : null;
  return { ours: all[0] ?? null, all, theirs, ms };
});
process.stdout.write(JSON.stringify(answers));
