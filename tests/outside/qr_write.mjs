// Standard input: a list of {text, level, version}. Standard output: for each the modules as rows of 0 and 1, what jsQR reads
// from them, and the SVG.
import { readFileSync } from "node:fs";

import jsQR from "jsqr";

import { formatQrSvg } from "../../node/web/static/lib/qr-svg.js";
import { encodeQr } from "../../node/web/static/lib/qr-write.js";

const SCALE = 3;
const BORDER = 4;

/** Draw a matrix as jsQR wants it: four bytes a pixel. */
function paint(matrix) {
  const side = (matrix.length + 2 * BORDER) * SCALE;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const isDark = matrix[Math.floor(y / SCALE) - BORDER]?.[Math.floor(x / SCALE) - BORDER] ?? false;
      if (isDark) pixels.fill(0, 4 * (y * side + x), 4 * (y * side + x) + 3);
    }
  }
  return [pixels, side];
}

const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = cases.map(({ text, level, version }) => {
  const matrix = encodeQr(text, { level, minVersion: version });
  const [pixels, side] = paint(matrix);
  const read = jsQR(pixels, side, side, { inversionAttempts: "dontInvert" });
  const rows = matrix.map((row) => row.map((isDark) => (isDark ? "1" : "0")).join(""));
  return { rows, jsqr: read === null ? null : read.data, svg: formatQrSvg(matrix) };
});
process.stdout.write(JSON.stringify(answers));
