// What all pages share: texts in two languages, elements, the live region, and the service worker.

/** The language that is shown: "zh" or "en". */
export function language() {
  return document.documentElement.dataset.language === "zh" ? "zh" : "en";
}

/** A text in both languages, of which base.css shows one: `say("点", "points")`. */
export function say(zh, en) {
  const both = document.createDocumentFragment();
  for (const [tag, words] of [["zh-Hans", zh], ["en", en]]) {
    const part = document.createElement("span");
    part.lang = tag;
    part.textContent = words;
    both.append(part);
  }
  return both;
}

/** An element: `make("p", { class: "note" }, say("好", "good"))`. Handlers are given as functions: `{ click: save }`. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Put these children in the place of all that an element had. */
export function fill(element, ...children) {
  element.replaceChildren(...children);
  return element;
}

/** The element of an id that stands in the page. */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Tell people what has happened: shown in the live region (of an open dialog, else the page's), and read aloud by screen readers. */
export function announce(zh, en, tone = "plain") {
  const region = document.querySelector("dialog[open] .live") ?? byId("live");
  region.dataset.tone = tone;
  fill(region, say(zh, en));
}

/** Forget what was told. */
export function hush() {
  for (const region of document.querySelectorAll(".live")) region.replaceChildren();
}

/** Bytes from a file that was chosen or dropped; raises where it is larger than `most`. */
export async function readFile(file, most) {
  if (file.size > most) throw new RangeError(`the file has ${file.size} bytes; ${most} are the most`);
  return new Uint8Array(await file.arrayBuffer());
}

/** A moment as people read it, in this device's time zone. */
export function showTime(timeMs) {
  const options = { dateStyle: "medium", timeStyle: "short" };
  return [new Intl.DateTimeFormat("zh-CN", options).format(timeMs), new Intl.DateTimeFormat("en-GB", options).format(timeMs)];
}

/** A whole number with its thousands apart. */
export function showNumber(number) {
  return new Intl.NumberFormat("en-GB").format(number);
}

function offerNewVersion(worker) {
  const button = make("button", { type: "button", click: () => worker.postMessage("take over") });
  button.append(say("更新", "Update"));
  const words = say("本页有新版本。", "There is a new version of this page.");
  byId("version").replaceChildren(make("p", {}, words, " ", button));
}

/** Keep the page on this device, so that it works without a network from now on. */
export async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  const hadWorker = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (hadWorker) location.reload();
    document.documentElement.dataset.kept = "yes";
  });
  if (hadWorker) document.documentElement.dataset.kept = "yes";
  const registration = await navigator.serviceWorker.register("/sw.js");
  // A page that was on its way while the worker became active was not there to be taken.
  if (navigator.serviceWorker.controller === null) registration.active?.postMessage("take pages");
  const look = () => {
    if (registration.waiting !== null && navigator.serviceWorker.controller !== null) offerNewVersion(registration.waiting);
  };
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
}

/** Say when the network comes and goes: `watchNetwork((isOnline) => ...)`, at once and at every change. */
export function watchNetwork(tell) {
  const now = () => tell(navigator.onLine);
  addEventListener("online", now);
  addEventListener("offline", now);
  now();
}

keepPage().catch(() => {
  // Without a worker (a browser that forbids it, a page without HTTPS) the page works as long as there is a network.
});
