// A browser for the scripts of this folder, and a conversation with the test that started the script: a JSON text a line, both ways.
// The test answers what `askTest` asks for, such as what an officer does meanwhile; `main` tells it what came of all.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const DESKTOP = { viewport: { width: 1280, height: 800 } };
const QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const FLAGS = [...QUIET, "--disable-component-update", "--disable-sync"];
const PATIENCE_MS = 60_000;

export const [program, url, pictures, ...more] = process.argv.slice(2);
const packages = createRequire(import.meta.url);
const AXE = readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8");
const JSQR = packages.resolve("jsqr");
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Have the test do something, and return what it says. */
export async function askTest(name, ...values) {
  tell({ ask: name, values });
  const { value } = await lines.next();
  return JSON.parse(value);
}

/** Raise unless it holds. */
export function check(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** Try again until a question is answered with something, for as long as people would wait. */
export async function until(question, what) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await question();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not come about: ${what}`);
}

/** The text of an element, once there is one: pages put elements there first and fill them when they know what with. */
export function readText(locator) {
  return until(() => locator.textContent(), "an element has a text");
}

/** What jsQR reads on the screen where an element is; null for nothing. */
export async function readScreen(locator) {
  const picture = (await locator.screenshot()).toString("base64");
  const page = await locator.page().context().newPage();
  await page.addScriptTag({ path: JSQR });
  const text = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const drawing = new OffscreenCanvas(image.width, image.height).getContext("2d");
    drawing.drawImage(image, 0, 0);
    const { data: pixels, width, height } = drawing.getImageData(0, 0, image.width, image.height);
    return globalThis.jsQR(pixels, width, height)?.data ?? null;
  }, picture);
  await page.close();
  return text;
}

/** A device of its own in a browser: nothing is shared with others. What goes wrong in its pages is kept in `faults`. */
export async function makeDevice(browser, settings, faults) {
  const device = await browser.newContext({ locale: "en-GB", ...settings });
  device.setDefaultTimeout(PATIENCE_MS);
  device.on("weberror", (error) => faults.push(`error: ${error.error()}`));
  device.on("console", (message) => {
    const isAway = message.text().includes("Failed to load resource"); // the node's refusals, and a network that is off
    if (["error", "warning"].includes(message.type()) && !isAway) faults.push(`console: ${message.text()}`);
  });
  device.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("blob:") && !request.url().startsWith("data:")) faults.push(`elsewhere: ${request.url()}`);
  });
  return device;
}

/** What an automatic examination of the page as it is now finds, by WCAG 2.2 levels A and AA. */
export async function findBarriers(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (width > 0) violations.push({ id: `the page is ${width} pixels too wide`, nodes: [{ target: ["html"], failureSummary: "" }] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`));
}

/** A picture of a page, to be looked at. */
export async function shoot(page, name) {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/** Wait until a page is kept on the device, so that it works without a network. */
export async function waitUntilKept(page) {
  await page.waitForFunction(() => document.documentElement.dataset.kept === "yes");
}

/** Flags for a browser whose camera sees a film. */
export function seeFilm(file) {
  return ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${file}`];
}

/** Run a story in a browser, and tell the test what it returned. Faults in pages are faults of the story. */
export async function main(story, flags = []) {
  const folder = mkdtempSync(join(tmpdir(), "browser-"));
  const faults = [];
  const browser = await chromium.launch({ executablePath: program, args: [...FLAGS, ...flags], env: { ...process.env, HOME: folder } });
  try {
    const value = await story({ browser, device: (settings) => makeDevice(browser, settings, faults), faults });
    check(faults.length === 0, `no faults in pages: ${faults.join("; ")}`);
    tell({ end: value ?? null });
  } catch (error) {
    const pages = browser.contexts().flatMap((context) => context.pages());
    for (const [number, page] of pages.entries()) await shoot(page, `failure-${number}`);
    tell({ failure: String(error.stack), faults });
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
    process.stdin.destroy();
  }
}
