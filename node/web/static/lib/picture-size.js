// How many pixels a picture says that it has, from its first bytes: a small file can unpack to more than a device bears.

const START_OF_FRAME = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];

/** @param {Uint8Array} bytes of PNG, JPEG, WebP, GIF or BMP @returns {number} 0 where nothing is said */
export function countPixels(bytes) {
  if (bytes.length < 30) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (/** @type {number} */ from, /** @type {number} */ to) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(1, 4) === "PNG") return view.getUint32(16) * view.getUint32(20);
  if (text(0, 3) === "GIF") return view.getUint16(6, true) * view.getUint16(8, true);
  if (text(0, 2) === "BM") return Math.abs(view.getInt32(18, true) * view.getInt32(22, true));
  if (text(8, 12) === "WEBP") return countWebp(view, text(12, 16));
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? countJpeg(view) : 0;
}

/** @param {DataView} view @param {string} kind @returns {number} */
function countWebp(view, kind) {
  if (kind === "VP8 ") return (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff);
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return ((bits & 0x3fff) + 1) * (((bits >>> 14) & 0x3fff) + 1);
  }
  return ((view.getUint32(24, true) & 0xffffff) + 1) * ((view.getUint32(26, true) >>> 8) + 1);
}

/** @param {DataView} view @returns {number} */
function countJpeg(view) {
  for (let place = 2; place + 9 < view.byteLength;) {
    if (view.getUint8(place) !== 0xff) return 0;
    const marker = view.getUint8(place + 1);
    if (START_OF_FRAME.includes(marker)) return view.getUint16(place + 5) * view.getUint16(place + 7);
    place += marker === 0xff ? 1 : 2 + Math.max(view.getUint16(place + 2), 2);
  }
  return 0;
}
