/**
 * QR codes in whatever a page has: a picture's pixels, or a camera. The browser's own reader is asked first where there is one; else
 * ours, in a worker.
 */

const WAIT_MS = 20_000;

/** @typedef {{ width: number, height: number, data: Uint8ClampedArray }} Picture */

/** @returns {Promise<any>} the browser's own reader, null where it has none */
async function findNative() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (Detector === undefined) return null;
  try {
    const formats = await Detector.getSupportedFormats();
    return formats.includes("qr_code") ? new Detector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

/** Reads one picture after the other; `close` when no more are to be read. */
export class QrScanner {
  constructor() {
    this.native = findNative();
    /** @type {Worker | null} */
    this.worker = null;
    this.last = 0;
  }

  /**
   * The text of a code, null where none is read.
   * @param {ImageData} picture @param {boolean} isThorough @returns {Promise<string | null>}
   */
  async read(picture, isThorough) {
    return (await this.readAll(picture, isThorough))[0] ?? null;
  }

  /**
   * The texts of all codes, each once, as far as they are found.
   * @param {ImageData} picture @param {boolean} isThorough @returns {Promise<string[]>}
   */
  async readAll(picture, isThorough) {
    const native = await this.native;
    if (native !== null) {
      try {
        const found = await native.detect(picture);
        if (found.length > 0 || !isThorough) return [...new Set(found.map((/** @type {{ rawValue: string }} */ item) => item.rawValue))];
      } catch {
        // Then ours is asked.
      }
    }
    return this.readInWorker(picture, isThorough);
  }

  /** @param {Picture} picture @param {boolean} isThorough @returns {Promise<string[]>} */
  readInWorker({ width, height, data }, isThorough) {
    this.worker ??= new Worker(new URL("qr-worker.js", import.meta.url), { type: "module" });
    const { worker } = this;
    this.last += 1;
    const id = this.last;
    return new Promise((resolve) => {
      const finish = (/** @type {string[]} */ texts) => {
        clearTimeout(timer);
        worker.removeEventListener("message", hear);
        worker.removeEventListener("error", fail);
        resolve(texts);
      };
      const hear = (/** @type {MessageEvent} */ event) => {
        if (event.data.id === id) finish(event.data.texts);
      };
      const fail = () => finish([]);
      const timer = setTimeout(() => {
        this.close();
        finish([]);
      }, WAIT_MS);
      worker.addEventListener("message", hear);
      worker.addEventListener("error", fail);
      worker.postMessage({ id, picture: { width, height, data }, isThorough });
    });
  }

  close() {
    this.worker?.terminate();
    this.worker = null;
  }
}
