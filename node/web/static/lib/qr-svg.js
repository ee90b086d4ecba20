/** A QR code as a drawing that stays sharp at any size. */

/** @typedef {import("./qr-structure.js").Matrix} Matrix */

/** Light modules that must surround a code (ISO/IEC 18004, 6.3.8). */
export const BORDER = 4;
const SVG = "http://www.w3.org/2000/svg";

/** @param {Matrix} matrix @returns {string} the dark modules, runs in a row joined, as data of a path */
export function formatQrPath(matrix) {
  const parts = [];
  matrix.forEach((line, row) => {
    for (let column = 0; column < line.length; column += 1) {
      if (!line[column]) continue;
      const start = column;
      while (line[column + 1]) column += 1;
      parts.push(`M${start + BORDER} ${row + BORDER}h${column + 1 - start}v1H${start + BORDER}z`);
    }
  });
  return parts.join("");
}

/**
 * Return an `svg` element, dark on white whatever the page's colours are, because readers want it so.
 * @param {Document} document @param {Matrix} matrix @param {string} label what the code is, for people who do not see it
 * @returns {SVGElement}
 */
export function createQrSvg(document, matrix, label) {
  const side = matrix.length + 2 * BORDER;
  const create = (/** @type {string} */ name, /** @type {Record<string, string>} */ attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = create("svg", { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  svg.append(create("rect", { width: `${side}`, height: `${side}`, fill: "#fff" }));
  svg.append(create("path", { d: formatQrPath(matrix), fill: "#000" }));
  return /** @type {SVGElement} */ (svg);
}

/** @param {Matrix} matrix @returns {string} the same as a file */
export function formatQrSvg(matrix) {
  const side = matrix.length + 2 * BORDER;
  return `<svg xmlns="${SVG}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">`
    + `<rect width="${side}" height="${side}" fill="#fff"/><path d="${formatQrPath(matrix)}" fill="#000"/></svg>`;
}
